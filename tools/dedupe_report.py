"""A page about near-duplicates: python -m tools.dedupe_report DIR [--html FILE] [--json FILE] [--csv FILE]

It shows what was dropped as a near-duplicate, whether that was right, and what other settings would keep. The page
needs no other file; on request all statistics are written as JSON and every dropped frame as CSV. Pictures of kept
frames come from the shards, those of dropped ones are cut again from the source. Judgements that the page saved as CSV
come back by --judged and give the precision at each distance. Exit status 1 where a training frame
is a near-duplicate of a validation frame.
"""

import json
import sys
from pathlib import Path
from typing import Any

from console.command import Parser, run_command
from console.output.counted_nouns import format_count
from console.output.ending import name_command, print_ending
from console.output.messages import print_warning
from console.progress import show_waiting
from preprocess.outcome import judge_outcome
from shards.errors import CallError, DataError
from tools.reporting.folder_argument import parse_dataset_folder


def _parse(arguments: list[str]) -> Any:
    parser = Parser("tools.dedupe_report", __doc__)
    parser.add_argument(
        "dataset",
        type=parse_dataset_folder,
        metavar="DIR",
        help="the folder, or s3:// URL, that preprocess wrote, or a dry run",
    )
    parser.add_argument(
        "--html", type=Path, metavar="FILE", help="the page (default: DIR.dedupe.html, beside DIR; here for a URL)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="all figures, for machines")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="every dropped frame and what it is a copy of")
    parser.add_argument(
        "--judged", nargs="+", type=Path, default=[], metavar="FILE", help="judgements that the page saved as CSV"
    )
    parser.add_argument("--source", nargs="+", metavar="DIR", help="as preprocess was given (default: see its log)")
    parser.add_argument("--dry_run", action="store_true", help="tell of the last dry run into DIR, not of its dataset")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="chooses what is shown; from 0 (default: 0)")
    parser.add_argument(
        "--images_per_second",
        type=float,
        default=600,
        metavar="X",
        help="speed of training, above 0, for epoch times (default: 600)",
    )
    chosen = parser.parse_args(arguments)
    if not 0 < chosen.images_per_second < float("inf"):
        raise CallError(f"--images_per_second {chosen.images_per_second:g}: give a number above 0")
    if chosen.seed < 0:
        raise CallError(f"--seed {chosen.seed}: give a whole number from 0")
    return chosen


def main(arguments: list[str]) -> int:
    chosen = _parse(arguments)
    # Only now: these imports take most of a second.
    from tools.duplicates.dropped_csv import write_dropped_csv
    from tools.duplicates.hashed_frames import check_hashes
    from tools.duplicates.judged_pairs import measure_precision, read_judged_pairs
    from tools.duplicates.leak_check import explain_leaks
    from tools.duplicates.page import render_duplicates_page
    from tools.duplicates.statistics import analyze_duplicates, compute_duplicate_statistics
    from tools.reporting.frame_pictures import FramePictures
    from tools.reporting.opened_dataset import find_sources, open_dataset
    from tools.reporting.report_files import REPORT_MARK, check_report_files, name_report, place_report, write_text

    html = chosen.html or place_report(chosen.dataset, ".dedupe.html")
    files = {"--html": html, "--json": chosen.json, "--csv": chosen.csv}
    opened = open_dataset(chosen.dataset, chosen.dry_run)
    sources = find_sources(opened, chosen.source)
    given = {option: path for option, path in files.items() if path}
    check_report_files(chosen.dataset, given, {*sources, *opened.sources})
    for path in chosen.judged:
        if not path.is_file():
            raise CallError(f"--judged {path} is no file; give the CSV that the page saved")
    check_hashes(opened.folder)
    with show_waiting("comparing all frames and trying other settings", is_short=True):
        analysis = analyze_duplicates(opened, chosen.seed)
        statistics = compute_duplicate_statistics(analysis, opened, chosen.images_per_second)
    if chosen.judged:
        judged = read_judged_pairs(chosen.judged, analysis.frames)
        statistics["judged"] = measure_precision(judged, analysis.frames, analysis.settings["dedupe"]["min_detail"])
    pictures = FramePictures(opened, sources)
    with show_waiting("drawing the page", is_short=True):
        title = name_report(chosen.dataset)
        page, shown = render_duplicates_page(analysis, statistics, opened.folder, pictures, chosen.seed, title)
    write_text(html, page)
    if chosen.json:
        content = {"made_by": REPORT_MARK} | statistics | {"shown": shown}
        write_text(chosen.json, json.dumps(content, ensure_ascii=False, indent=1) + "\n")
    if chosen.csv:
        write_dropped_csv(chosen.csv, analysis.frames)
    if missing := pictures.explain_missing():
        print_warning(f"dedupe_report: {missing}")
    _print_ending(chosen, opened, list(filter(None, files.values())), analysis.leaks.found)
    if analysis.leaks.found:
        raise DataError(explain_leaks(analysis.leaks, analysis.frames, chosen.dataset))
    return 0


def _print_ending(chosen: Any, opened: Any, made: list[Path], leaks: int) -> None:
    counts = opened.dataset.counts
    figures = (
        f"{format_count(counts['kept'], 'frame')} kept",
        format_count(counts["duplicate"], "near-duplicate"),
        format_count(leaks, "leak"),
    )
    faults = judge_outcome(counts).faults
    for fault in [] if leaks else faults[:1]:  # for which preprocess ended with status 1
        print_warning(f"dedupe_report: {fault}")
    can_train = not (opened.is_dry_run or leaks or faults)
    print_ending(made, figures, name_command("trainer.train", "--train", chosen.dataset) if can_train else None)


if __name__ == "__main__":
    sys.exit(run_command("dedupe_report", main, sys.argv[1:]))
