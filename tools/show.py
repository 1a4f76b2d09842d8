"""Look at crops of a dataset: python -m tools.show DIR [--key VIDEO/FRAME] [--png FILE]

Writes a picture with one line of crops for each mood, frames chosen at random by --seed; with --key a single crop. The
crops are read from the shards: they are what a model is trained on.
"""

import argparse
import sys
from pathlib import Path

from console.command import Parser, run_command
from console.output.ending import name_command, print_ending
from console.output.messages import print_warning
from console.progress import show_waiting
from shards.dataset import SPLITS, read_dataset
from shards.errors import CallError, DataError
from shards.storage.stores.remote_path import AnyPlace
from tools.reporting.folder_argument import parse_dataset_folder


def main(arguments: list[str]) -> int:
    parser = Parser("tools.show", __doc__)
    parser.add_argument(
        "dataset", type=parse_dataset_folder, metavar="DIR", help="the folder, or s3:// URL, that preprocess wrote"
    )
    parser.add_argument("--key", metavar="KEY", help="one frame, by its key in the manifest: video/frame_number")
    parser.add_argument("--split", choices=SPLITS, help="only this split in the grid")
    parser.add_argument("--columns", type=int, default=6, metavar="N", help="crops for each mood, 1 to 50 (default: 6)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="chooses the crops; from 0 (default: 0)")
    parser.add_argument(
        "--png",
        type=Path,
        metavar="FILE",
        help="the picture to write (default: DIR.png, beside the dataset; here for a URL)",
    )
    chosen = parser.parse_args(arguments)
    if not 1 <= chosen.columns <= 50:
        raise CallError(f"--columns {chosen.columns}: give a number from 1 to 50")
    folder = chosen.dataset
    dataset = read_dataset(folder)
    # Only now: these imports take most of a second.
    from console.hangul_font import find_hangul_font
    from tools.reporting.opened_dataset import check_manifest, read_logged_sources
    from tools.reporting.report_files import check_report_files, place_report

    path = chosen.png or place_report(folder, ".png")
    check_report_files(folder, {"--png": path}, read_logged_sources(folder))
    with show_waiting("reading the crops", is_short=True):
        check_manifest(folder, dataset)
        grid = _draw(chosen, folder, path)
    if not find_hangul_font():
        print_warning("show: no font with Hangul found, moods are in English; install NanumGothic")
    split = [*(["--split", chosen.split] if chosen.split else [])]
    again = None if chosen.key else name_command("tools.show", folder, *split, "--seed", str(chosen.seed + 1))
    figures = (
        f"{sum(map(len, grid)):,} crops of {dataset.counts['kept']:,}",
        f"{len(grid)} lines",
        f"seed {chosen.seed}",
    )
    print_ending([path], figures, again)
    return 0


def _draw(chosen: argparse.Namespace, folder: AnyPlace, path: Path) -> list:
    """Draw the grid that was asked for; returns its rows. Raises DataError where no frame is kept."""
    # Only now: these imports take most of a second.
    from tools.extracts.crop_choice import choose_rows_by_mood, find_kept_row
    from tools.extracts.crop_grid import draw_crop_grid
    from tools.extracts.stored_crop import read_crop

    if chosen.key:
        grid = [[find_kept_row(folder, chosen.key)]]
    else:
        grid = [rows for rows in choose_rows_by_mood(folder, chosen.split, chosen.columns, chosen.seed) if rows]
    if not grid:
        raise DataError(f"{folder}: no frame is kept in {chosen.split or 'any split'}")
    draw_crop_grid([[(row, read_crop(folder, row)) for row in rows] for rows in grid], path)
    return grid


if __name__ == "__main__":
    sys.exit(run_command("show", main, sys.argv[1:]))
