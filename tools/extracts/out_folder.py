"""The folder that a command fills with files for other tools."""

from collections.abc import Iterable
from pathlib import Path

from shards.errors import CallError
from shards.storage.stores.remote_path import AnyPlace
from tools.reporting.report_files import check_report_files


def prepare_out_folder(out: Path, names: Iterable[str], dataset: AnyPlace, sources: set[AnyPlace]) -> None:
    """Make the folder `out`, in which files or folders of these names are to be made.

    Raises CallError where one of them is there already, or must not be written there.
    """
    if out.exists() and not out.is_dir():
        raise CallError(f"--out {out} is a file; give a folder")
    out.mkdir(parents=True, exist_ok=True)
    for path in (out / name for name in names):
        if path.exists():
            raise CallError(f"{path} is there already; remove it or give another --out")
        check_report_files(dataset, {"--out": path}, sources)
