"""What lies in the sources, before any work: python -m tools.inventory SOURCE [SOURCE ..] [--json FILE] [--html FILE]

Archives with their pieces and tars, labels, frames, splits, species, moods, what pairs and what is missing, what cannot
be read and why, and what a run would take. It reads directories, labels and some sampled frames, and writes nothing but
the files that are asked for. Exit status 1, with every reason, where no dataset could be made of the sources as they
are, or one without a frame for validation; what is whole is counted all the same.
"""

import json
import sys
from pathlib import Path
from typing import Any

from console.command import Parser, run_command
from console.output.counted_nouns import format_count
from console.output.ending import name_command, print_ending
from console.output.messages import print_detail
from preprocess.sources.source_kinds import check_sources
from shards.errors import DataError
from shards.storage.stores.remote_path import locate


def _parse(arguments: list[str]) -> Any:
    parser = Parser("tools.inventory", __doc__)
    parser.add_argument(
        "sources", nargs="+", metavar="SOURCE", help="what preprocess would be given: folders, CSVs, URLs"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything there, for machines")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page")
    parser.add_argument("--label_map", metavar="FILE", help="as preprocess is given it")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    chosen = _parse(arguments)
    check_sources(chosen.sources)
    # Only now: these imports take most of a second.
    from tools.reporting.report_files import REPORT_MARK, check_report_files, write_text
    from tools.source_inventory.inventory_figures import take_inventory
    from tools.source_inventory.inventory_page import render_inventory_page
    from tools.source_inventory.inventory_text import format_inventory

    files = {option: path for option, path in (("--json", chosen.json), ("--html", chosen.html)) if path}
    check_report_files(None, files, map(locate, chosen.sources))
    figures = take_inventory(chosen.sources, chosen.label_map)
    print_detail(format_inventory(figures))
    if chosen.json:
        write_text(chosen.json, json.dumps({"made_by": REPORT_MARK} | figures, ensure_ascii=False, indent=1) + "\n")
    if chosen.html:
        write_text(chosen.html, render_inventory_page(figures))
    if problems := figures["problems"]:
        many = f"{len(problems)} things keep a dataset from being made of this; see the end of the list"
        raise DataError(many if len(problems) > 1 else problems[0])
    _print_ending(chosen, figures, [*files.values()])
    return 0


def _print_ending(chosen: Any, figures: dict[str, Any], made: list[Path]) -> None:
    videos, frames = figures["labels"]["videos"], figures["frames"]
    label_map = ["--label_map", chosen.label_map] if chosen.label_map else []
    following = name_command("preprocess", "--source", *chosen.sources, *label_map, "--out", "data/pets")
    told = (
        format_count(videos, "video"),
        format_count(frames["files"], "frame"),
        format_count(frames["usable"], "usable row"),
    )
    print_ending(made, told, following)


if __name__ == "__main__":
    sys.exit(run_command("inventory", main, sys.argv[1:]))
