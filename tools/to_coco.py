"""A dataset's frames and boxes as COCO JSON: python -m tools.to_coco DIR [--out DIR] [--all] [--images] [--source ..]

Writes train.json and val.json: whole frames, not crops, with the boxes as annotated and the moods as categories. They
hold the rows that the dataset keeps; with --all every row that has an image, with its status and its reason. Species,
video and key are further keys. With --images the frames are copied beside them, also out of zips, so that the folder
needs nothing else. Preprocess reads the files back (--source train.json --valid_source val.json).
"""

import sys
from pathlib import Path

from console.command import Parser, run_command
from console.output.counted_nouns import format_count
from console.output.ending import name_command, print_ending
from console.output.messages import print_detail, print_warning
from console.progress import show_waiting
from shards.dataset import SPLITS
from shards.errors import CallError, DataError
from tools.reporting.folder_argument import parse_dataset_folder


def main(arguments: list[str]) -> int:
    parser = Parser("tools.to_coco", __doc__)
    parser.add_argument(
        "dataset", type=parse_dataset_folder, metavar="DIR", help="the folder, or s3:// URL, that preprocess wrote"
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="folder for the files (default: DIR.coco, beside DIR; here for a URL)"
    )
    parser.add_argument("--source", nargs="+", metavar="DIR", help="as preprocess was given (default: see its log)")
    parser.add_argument("--all", action="store_true", help="every row with an image, kept or not, and the reasons")
    parser.add_argument("--images", action="store_true", help="copy the frames to OUT/images, also out of archives")
    chosen = parser.parse_args(arguments)
    from tools.extracts.coco_files import write_coco_files  # only now: pyarrow takes a while
    from tools.extracts.frame_copies import FrameCopies
    from tools.extracts.image_paths import ImagePaths, lack_files
    from tools.extracts.out_folder import prepare_out_folder
    from tools.reporting.opened_dataset import find_sources, open_dataset
    from tools.reporting.report_files import place_report

    opened = open_dataset(chosen.dataset)
    sources = find_sources(opened, chosen.source)
    if chosen.images and not sources:
        raise CallError("--images: the sources are not where they were; name them with --source")
    out = chosen.out or place_report(chosen.dataset, ".coco")
    names = [*(f"{split}.json" for split in SPLITS), *(["images"] if chosen.images else [])]
    prepare_out_folder(out, names, chosen.dataset, {*sources, *opened.sources})
    paths = FrameCopies(sources, out) if chosen.images else ImagePaths(sources, out)
    with show_waiting("writing", is_short=True):
        counts = write_coco_files(opened.folder, out, paths, chosen.all)
    if not counts:
        raise DataError(f"{chosen.dataset}: no row has an image; nothing was written")
    if not sources:
        print_warning("to_coco: the sources are not where they were; paths are relative, --source names them")
    is_lacking = not chosen.images and lack_files(opened.folder, sources, out)
    if is_lacking:
        print_warning("to_coco: the frames are no files, as in archives: --images copies them out")
    for name, count in counts.items():
        print_detail(f"{out / name}: {format_count(count.images, 'image')}, {format_count(count.boxes, 'box')}")
    images, boxes = (sum(getattr(count, what) for count in counts.values()) for what in ("images", "boxes"))
    made = {name: out / name for name in counts}
    valid = ["--valid_source", made["val.json"]] if "val.json" in made else []
    again = ["--out", place_report(chosen.dataset, "-again")]
    following = (
        name_command("preprocess", "--source", made["train.json"], *valid, *again) if "train.json" in made else None
    )
    if is_lacking:
        following = name_command("tools.to_coco", chosen.dataset, "--images")
    print_ending(
        list(made.values()),
        (format_count(images, "image"), format_count(boxes, "box"), format_count(len(made), "file")),
        following,
    )
    return 0


if __name__ == "__main__":
    sys.exit(run_command("to_coco", main, sys.argv[1:]))
