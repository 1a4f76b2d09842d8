"""One page about a dataset as a whole: python -m tools.dataset_report DIR [--html FILE] [--json FILE] [--source DIR ..]

Moods, species and splits, what was rejected and why, boxes, samples, the darkest and blurriest frames, and a map of
frames that look alike, by their hashes or by the features of a --run. The page needs no other file. Its pictures of
kept frames come from the shards, those of rejected ones from the source. After a dry run of preprocess it shows what a
real run would keep.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from console.command import Parser, run_command
from console.output.counted_nouns import format_count
from console.output.ending import name_command, print_ending
from console.output.messages import print_warning
from console.progress import show_progress, show_waiting
from shards.errors import CallError
from tools.reporting.folder_argument import parse_dataset_folder
from trainer.run_files.file_names import MODEL_FILE

if TYPE_CHECKING:  # --help would wait for them
    from shards.storage.stores.remote_path import AnyPlace
    from tools.reporting.frame_pictures import FramePictures
    from tools.reporting.opened_dataset import OpenedDataset


def write_dataset_report(
    opened: OpenedDataset,
    title: str,
    sources: list[AnyPlace],
    seed: int,
    html: Path,
    json_file: Path | None,
    run: Path | None = None,
) -> FramePictures:
    """Write the page and, where `json_file` is given, the statistics as JSON. The map is by the features of a `run`.

    Returns the pictures, which count those that are missing. Raises DataError where the dataset is damaged.
    """
    from tools.overview.frame_gallery import gather_frames
    from tools.overview.manifest_pass import summarize_manifest
    from tools.overview.page import render_overview_page
    from tools.overview.run_features import open_run_features
    from tools.overview.statistics import compute_dataset_statistics
    from tools.reporting.frame_pictures import FramePictures
    from tools.reporting.report_files import REPORT_MARK, write_text

    with show_progress(opened.dataset.counts.get("rows"), "row", scale=True, is_short=True) as progress:
        summary = summarize_manifest(opened.folder, opened.dataset.image_size, seed, progress.update)
    statistics = {"dataset": title, **compute_dataset_statistics(summary, opened.dataset, opened.is_dry_run)}
    pictures = FramePictures(opened, sources)
    compute_features = open_run_features(run, pictures) if run else None
    with show_waiting("drawing the page", is_short=True):
        gallery = gather_frames(opened.folder, summary.remarkable, pictures, seed, compute_features)
        statistics["frames"] = gallery.describe() | {"map_by": "features" if run else "hash"}
        page = render_overview_page(title, statistics, summary.samples, gallery, opened.folder, pictures)
    if json_file:
        write_text(json_file, json.dumps({"made_by": REPORT_MARK} | statistics, ensure_ascii=False, indent=1) + "\n")
    write_text(html, page)
    return pictures


def _parse(arguments: list[str]) -> Any:
    parser = Parser("tools.dataset_report", __doc__)
    parser.add_argument(
        "dataset", type=parse_dataset_folder, metavar="DIR", help="the folder, or s3:// URL, that preprocess wrote"
    )
    parser.add_argument(
        "--html",
        type=Path,
        metavar="FILE",
        help="the page to write (default: DIR.dataset.html, beside the dataset; here for a URL)",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--source", nargs="+", metavar="DIR", help="where the frames lie (default: as the log says)")
    parser.add_argument(
        "--run", type=Path, metavar="RUN", help="lay the map out by this run's features (default: hash)"
    )
    parser.add_argument("--dry_run", action="store_true", help="tell of the last dry run into DIR, not of its dataset")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="chooses the samples; from 0 (default: 0)")
    chosen = parser.parse_args(arguments)
    if chosen.seed < 0:
        raise CallError(f"--seed {chosen.seed}: give a whole number from 0")
    return chosen


def main(arguments: list[str]) -> int:
    chosen = _parse(arguments)
    from console.hangul_font import find_hangul_font
    from tools.reporting.opened_dataset import find_sources, open_dataset
    from tools.reporting.report_files import check_report_files, name_report, place_report

    name, html = name_report(chosen.dataset), chosen.html or place_report(chosen.dataset, ".dataset.html")
    opened = open_dataset(chosen.dataset, chosen.dry_run)
    sources = find_sources(opened, chosen.source)
    if chosen.run and not (chosen.run / MODEL_FILE).is_file():
        raise CallError(f"--run {chosen.run} holds no {MODEL_FILE}; give the folder of a finished training run")
    files = {"--html": html, "--json": chosen.json}
    given = {option: path for option, path in files.items() if path}
    check_report_files(chosen.dataset, given, {*sources, *opened.sources})
    pictures = write_dataset_report(opened, name, sources, chosen.seed, html, chosen.json, chosen.run)
    if missing := pictures.explain_missing():
        print_warning(f"dataset_report: {missing}")
    if not find_hangul_font():
        print_warning("dataset_report: no font with Hangul found; the page relies on the reader's")
    counts = opened.dataset.counts
    figures = (format_count(counts["rows"], "row"), f"{counts['kept']:,} kept", f"{counts['rejected']:,} rejected")
    following = name_command("tools.dedupe_report", chosen.dataset, *(["--dry_run"] if chosen.dry_run else []))
    print_ending([html, *filter(None, [chosen.json])], figures, following)
    return 0


if __name__ == "__main__":
    sys.exit(run_command("dataset_report", main, sys.argv[1:]))
