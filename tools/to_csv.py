"""A dataset's annotations as CSVs: python -m tools.to_csv DIR [--out DIR] [--source DIR ...] [--all] [--bom]

Writes train.csv and val.csv, each with the columns image_path,bbox,labels; bbox is "y,x,height,width" in pixels of the
stored JPEG. They hold the rows that the dataset keeps, with --all every row that has an image, a box and a mood. A
split without rows gives no file. With --bom Excel shows their Hangul. Preprocess makes the same crops from them
(--source train.csv --valid_source val.csv).
"""

import sys
from pathlib import Path

from console.command import Parser, run_command
from console.output.counted_nouns import format_count
from console.output.ending import name_command, print_ending
from console.output.messages import print_warning
from console.progress import show_waiting
from shards.dataset import SPLITS
from shards.errors import DataError
from tools.reporting.folder_argument import parse_dataset_folder


def main(arguments: list[str]) -> int:
    parser = Parser("tools.to_csv", __doc__)
    parser.add_argument(
        "dataset", type=parse_dataset_folder, metavar="DIR", help="the folder, or s3:// URL, that preprocess wrote"
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="folder for the CSVs (default: DIR.csv, beside DIR; here for a URL)"
    )
    parser.add_argument("--source", nargs="+", metavar="DIR", help="as preprocess was given (default: see its log)")
    parser.add_argument("--all", action="store_true", help="every row with image, box and mood, kept or not")
    parser.add_argument("--bom", action="store_true", help="begin with a byte order mark: Excel then reads UTF-8")
    chosen = parser.parse_args(arguments)
    from tools.extracts.annotation_csv import write_annotation_csvs  # only now: pyarrow takes a while
    from tools.extracts.image_paths import lack_files
    from tools.extracts.out_folder import prepare_out_folder
    from tools.reporting.opened_dataset import find_sources, open_dataset
    from tools.reporting.report_files import place_report

    opened = open_dataset(chosen.dataset)
    sources = find_sources(opened, chosen.source)
    out = chosen.out or place_report(chosen.dataset, ".csv")
    prepare_out_folder(out, [f"{split}.csv" for split in SPLITS], chosen.dataset, {*sources, *opened.sources})
    with show_waiting("writing", is_short=True):
        counts = write_annotation_csvs(opened.folder, out, sources, chosen.all, chosen.bom)
    if not counts:
        raise DataError(f"{chosen.dataset}: no row has an image, a box and a mood; nothing was written")
    if not sources:
        print_warning("to_csv: the sources are not where they were; paths are relative, --source names them")
    is_lacking = lack_files(opened.folder, sources, out)
    if is_lacking:
        print_warning("to_csv: the frames are no files, as in archives: unpack them, or use tools.to_coco --images")
    made = {f"{split}.csv": out / f"{split}.csv" for split in SPLITS if f"{split}.csv" in counts}
    valid = ["--valid", made["val.csv"]] if "val.csv" in made else []
    following = name_command("trainer.train", "--train", made["train.csv"], *valid) if "train.csv" in made else None
    if is_lacking:
        following = name_command("tools.to_coco", chosen.dataset, "--images")
    print_ending(
        list(made.values()),
        [format_count(sum(counts.values()), "row"), *(f"{counts[name]:,} in {name}" for name in made)],
        following,
    )
    return 0


if __name__ == "__main__":
    sys.exit(run_command("to_csv", main, sys.argv[1:]))
