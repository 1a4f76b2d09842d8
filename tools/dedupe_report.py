"""What was dropped as a near-copy, was that right, what would other settings do: python -m tools.dedupe_report DIR

Writes one HTML page that needs nothing else (DIR.dedupe.html beside DIR), and for machines, when asked, all figures as
JSON and every dropped frame as CSV. Kept frames are shown as the shards have them, dropped ones are cut again from the
source. Exit status 1 where a training frame is a near-copy of a validation frame.
"""

import json
import sys
from pathlib import Path
from typing import Any

from console.command import Parser, run_command
from shards.errors import CallError, DataError
from tools.duplicates.dropped_csv import write_dropped
from tools.duplicates.hashed_frames import HashedFrames, check_hashes
from tools.duplicates.leak_check import Leaks
from tools.duplicates.page import make_page, tell_number
from tools.duplicates.totals import inspect_dataset, make_duplicate_totals
from tools.report_files import MARK, check_files, dataset_folder, write_text
from tools.source_pictures import Pictures, find_sources, open_dataset


def explain_leaks(leaks: Leaks, frames: HashedFrames, folder: Path) -> str:
    """One line for what the leak check found."""
    parts = []
    if leaks.near:
        train, val, bits = leaks.pairs[0].tolist()
        closest = f"the nearest: {frames.key(train)} is {tell_number(bits, 'bit')} from {frames.key(val)}"
        what = f"{tell_number(leaks.near, 'training frame')} within {leaks.promised} bits of a validation frame"
        parts.append(f"{what} ({closest})")
    if leaks.equal:
        train, val = leaks.equal[0]
        keys = f"{frames.key(train)} is {frames.key(val)}"
        parts.append(f"{tell_number(len(leaks.equal), 'featureless frame')} of training equal to one ({keys})")
    if leaks.videos:
        parts.append(f"{tell_number(len(leaks.videos), 'video')} in both splits ({leaks.videos[0]})")
    return f"{folder}: {'; '.join(parts)}; make the dataset again with python -m preprocess"


def _parse(arguments: list[str]) -> Any:
    parser = Parser("tools.dedupe_report", __doc__)
    parser.add_argument(
        "dataset", type=dataset_folder, metavar="DIR", help="the folder that preprocess wrote, or its dry run"
    )
    parser.add_argument("--html", type=Path, metavar="FILE", help="the page (default: DIR.dedupe.html, beside DIR)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="all figures, for machines")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="every dropped frame and what it is a copy of")
    parser.add_argument("--source", nargs="+", metavar="DIR", help="as preprocess was given (default: see its log)")
    parser.add_argument("--dry_run", action="store_true", help="tell of the last dry run into DIR, not of its dataset")
    parser.add_argument("--seed", type=int, default=0, help="chooses what is shown (default: 0)")
    parser.add_argument(
        "--images_per_second", type=float, default=600, help="speed of training, for epoch times (default: 600)"
    )
    chosen = parser.parse_args(arguments)
    if not 0 < chosen.images_per_second < float("inf"):
        raise CallError(f"--images_per_second {chosen.images_per_second:g}: give a number above 0")
    if chosen.seed < 0:
        raise CallError(f"--seed {chosen.seed}: give a whole number from 0")
    return chosen


def main(arguments: list[str]) -> int:
    chosen = _parse(arguments)
    folder = chosen.dataset.absolute()
    page_file = chosen.html or folder.with_name(f"{folder.name}.dedupe.html")
    files = {"--html": page_file, "--json": chosen.json, "--csv": chosen.csv}
    opened = open_dataset(chosen.dataset, chosen.dry_run)
    sources = find_sources(opened, chosen.source)
    check_files(folder, {option: path for option, path in files.items() if path}, {*sources, *opened.sources})
    check_hashes(opened.folder)
    found = inspect_dataset(opened, chosen.seed)
    figures = make_duplicate_totals(found, opened, chosen.images_per_second)
    pictures = Pictures(opened, sources)
    page, keys = make_page(found, figures, opened, pictures, chosen.seed, folder.name)
    write_text(page_file, page)
    if chosen.json:
        write_text(
            chosen.json, json.dumps({"made_by": MARK} | figures | {"shown": keys}, ensure_ascii=False, indent=1) + "\n"
        )
    if chosen.csv:
        write_dropped(chosen.csv, found.frames)
    if missing := pictures.explain_missing():
        print(f"dedupe_report: {missing}", file=sys.stderr)
    print(page_file)
    if found.leaks.found:
        raise DataError(explain_leaks(found.leaks, found.frames, chosen.dataset))
    return 0


if __name__ == "__main__":
    sys.exit(run_command("dedupe_report", main, sys.argv[1:]))
