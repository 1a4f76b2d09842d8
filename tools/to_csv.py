"""A dataset's annotations as CSVs: python -m tools.to_csv DIR [--out DIR] [--source DIR ...] [--all]

Writes train.csv and val.csv, each with the columns image_path,bbox,labels; bbox is "y,x,height,width" in pixels of the
stored JPEG. They hold the rows that the dataset keeps, with --all every row that has an image, a box and a mood. A
split without rows gives no file. Preprocess makes the same crops from them (--source train.csv --valid_source val.csv).
"""

import sys
from pathlib import Path

from console.command import Parser, run_command
from console.output.ending import name_command, print_ending
from console.output.messages import print_warning
from console.progress import show_waiting
from shards.errors import CallError, DataError
from shards.manifest import SPLITS
from tools.extracts.annotation_csv import write_annotation_csvs
from tools.reporting.folder_argument import parse_dataset_folder
from tools.reporting.opened_dataset import find_sources, open_dataset
from tools.reporting.report_files import check_report_files


def main(arguments: list[str]) -> int:
    parser = Parser("tools.to_csv", __doc__)
    parser.add_argument("dataset", type=parse_dataset_folder, metavar="DIR", help="the folder that preprocess wrote")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder for the CSVs (default: DIR.csv, beside DIR)")
    parser.add_argument("--source", nargs="+", metavar="DIR", help="as preprocess was given (default: see its log)")
    parser.add_argument("--all", action="store_true", help="every row with image, box and mood, kept or not")
    chosen = parser.parse_args(arguments)
    folder = chosen.dataset.absolute()
    opened = open_dataset(chosen.dataset)
    sources = find_sources(opened, chosen.source)
    out = chosen.out or folder.with_name(f"{folder.name}.csv")
    _prepare_folder(out, folder, {*sources, *opened.sources})
    with show_waiting("writing", is_short=True):
        counts = write_annotation_csvs(opened.folder, out, sources, chosen.all)
    if not counts:
        raise DataError(f"{chosen.dataset}: no row has an image, a box and a mood; nothing was written")
    if not sources:
        print_warning("to_csv: the sources are not where they were; paths are relative, --source names them")
    made = {f"{split}.csv": out / f"{split}.csv" for split in SPLITS if f"{split}.csv" in counts}
    valid = ["--valid", made["val.csv"]] if "val.csv" in made else []
    following = name_command("trainer.train", "--train", made["train.csv"], *valid) if "train.csv" in made else None
    print_ending(
        list(made.values()),
        [f"{sum(counts.values()):,} rows", *(f"{counts[name]:,} in {name}" for name in made)],
        following,
    )
    return 0


def _prepare_folder(out: Path, dataset: Path, sources: set[Path]) -> None:
    """Make the folder `out`. Raises CallError where it already has a CSV of ours or must not be written to."""
    if out.exists() and not out.is_dir():
        raise CallError(f"--out {out} is a file; give a folder")
    out.mkdir(parents=True, exist_ok=True)
    for split in SPLITS:
        path = out / f"{split}.csv"
        if path.exists():
            raise CallError(f"{path} is there already; remove it or give another --out")
        check_report_files(dataset, {"--out": path}, sources)


if __name__ == "__main__":
    sys.exit(run_command("to_csv", main, sys.argv[1:]))
