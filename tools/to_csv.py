"""The student's CSVs of a dataset: python -m tools.to_csv DIR [--out DIR] [--source DIR ...] [--all]

Writes train.csv and val.csv, each image_path,bbox,labels with a bbox of "y,x,height,width" in pixels of the stored
JPEG: the rows that the dataset keeps, with --all every row that has an image, a box and a mood. A split without rows
gives no file. Given back to preprocess (--source train.csv --valid_source val.csv) they give the same crops.
"""

import csv
import io
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from console.command import Parser, run_command
from preprocess.sources.csv_rows import CSV_COLUMNS
from shards.emotions import KOREAN
from shards.errors import CallError, DataError
from shards.manifest import SPLITS, read_manifest
from shards.storage.atomic_write import write_atomically
from shards.storage.utf8_path import is_utf8
from tools.report_files import check_files, dataset_folder
from tools.source_pictures import find_sources, open_dataset

PATH = "image_file"
_NEEDED = (PATH, "box_x", "box_y", "box_width", "box_height", "label", "split")
_READ = [*_NEEDED, "source", "status"]


def write_csvs(folder: Path, out: Path, sources: list[Path], everything: bool = False) -> dict[str, int]:
    """Write the CSVs of a dataset into a folder; by file name the rows that it has.

    Image paths are those of the sources, relative where a source's own path is not UTF-8, and as in the manifest
    without sources. Rows whose image has a name that a CSV cannot hold (not UTF-8, or with a backslash) are left out,
    which is told on stderr.
    """
    written: dict[str, int] = {}
    left_out = 0
    roots = [_find_root(source, out) for source in sources]
    with ExitStack() as opened:
        writers: dict[str, Any] = {}
        for split, row in _list_rows(folder, everything):
            path = os.path.normpath(os.path.join(roots[row["source"]] if row["source"] < len(roots) else "", row[PATH]))
            if "\\" in path:
                left_out += 1
                continue
            name = f"{split}.csv"
            if name not in writers:
                file = opened.enter_context(write_atomically(out / name))
                text = io.TextIOWrapper(file, encoding="utf-8", newline="")
                opened.callback(text.detach)  # flushes it, before the file is whole
                writers[name] = csv.writer(text, lineterminator="\n")
                writers[name].writerow(CSV_COLUMNS)
            bbox = ",".join(str(row[f"box_{side}"]) for side in ("y", "x", "height", "width"))
            writers[name].writerow((path, bbox, KOREAN[row["label"]]))
            written[name] = written.get(name, 0) + 1
    if left_out:
        print(f"to_csv: {left_out:,} rows left out: a CSV cannot hold their images' names", file=sys.stderr)
    return written


def _find_root(source: Path, out: Path) -> str:
    """What the paths of a source's images are relative to, as a CSV in the folder `out` calls it."""
    root = str(source.absolute().parent if source.is_file() else source.absolute())
    root = root if is_utf8(root) else os.path.relpath(root, out.absolute())
    if not is_utf8(root):
        raise CallError(
            f"the source {source} has a name that is not UTF-8, which a CSV cannot hold; give an --out beside it"
        )
    return root


def _list_rows(folder: Path, everything: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    """(split, row) in the manifest's order."""
    for rows in read_manifest(folder, _READ):
        whole = pc.is_valid(rows["image_file"])
        for name in _NEEDED:
            whole = pc.and_(whole, pc.is_valid(rows[name]))
        if not everything:
            whole = pc.and_(whole, pc.equal(rows["status"], "kept"))
        for row in _iterate(rows.filter(whole)):
            yield row["split"], row


def _iterate(rows: pa.Table) -> Iterator[dict[str, Any]]:
    for batch in rows.to_batches(max_chunksize=10_000):
        yield from batch.to_pylist()


def main(arguments: list[str]) -> int:
    parser = Parser("tools.to_csv", __doc__)
    parser.add_argument("dataset", type=dataset_folder, metavar="DIR", help="the folder that preprocess wrote")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder for the CSVs (default: DIR.csv, beside DIR)")
    parser.add_argument("--source", nargs="+", metavar="DIR", help="as preprocess was given (default: see its log)")
    parser.add_argument("--all", action="store_true", help="every row with image, box and mood, kept or not")
    chosen = parser.parse_args(arguments)
    folder = chosen.dataset.absolute()
    opened = open_dataset(chosen.dataset)
    sources = find_sources(opened, chosen.source)
    out = chosen.out or folder.with_name(f"{folder.name}.csv")
    if out.exists() and not out.is_dir():
        raise CallError(f"--out {out} is a file; give a folder")
    out.mkdir(parents=True, exist_ok=True)
    for name in (f"{split}.csv" for split in SPLITS):
        if (out / name).exists():
            raise CallError(f"{out / name} is there already; remove it or give another --out")
        check_files(folder, {"--out": out / name}, {*sources, *opened.sources})
    written = write_csvs(opened.folder, out, sources, chosen.all)
    if not written:
        raise DataError(f"{chosen.dataset}: no row has an image, a box and a mood; nothing was written")
    for name, count in written.items():
        print(f"{out / name}: {count:,} rows")
    if not sources:
        print("to_csv: the sources are not where they were; paths are relative, --source names them", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(run_command("to_csv", main, sys.argv[1:]))
