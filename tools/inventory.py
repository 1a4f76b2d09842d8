"""What lies in the sources, before any work: python -m tools.inventory SOURCE [SOURCE ..] [--json FILE] [--html FILE]

Archives with their pieces and tars, labels, frames, splits, species, moods, what pairs and what is missing, what cannot
be read and why, and what a run would take. It reads directories, labels and some sampled frames, and writes nothing but
the files that are asked for. Exit status 1, with every reason, where no dataset could be made of the sources as they
are; what is whole is counted all the same.
"""

import json
import sys
from pathlib import Path
from typing import Any

from console.command import Parser, run_command
from preprocess.sources.source_kinds import check_sources


def _parse(arguments: list[str]) -> Any:
    parser = Parser("tools.inventory", __doc__)
    parser.add_argument("sources", nargs="+", metavar="SOURCE", help="what preprocess would be given: folders, CSVs")
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
    check_report_files(None, files, map(Path, chosen.sources))
    figures = take_inventory(chosen.sources, chosen.label_map)
    print(format_inventory(figures))
    if chosen.json:
        write_text(chosen.json, json.dumps({"made_by": REPORT_MARK} | figures, ensure_ascii=False, indent=1) + "\n")
    if chosen.html:
        write_text(chosen.html, render_inventory_page(figures))
    if figures["problems"]:
        many = len(figures["problems"])
        what = f"{many} things keep" if many > 1 else "one thing keeps"
        print(f"inventory: {what} a dataset from being made of this; see the end of the list", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(run_command("inventory", main, sys.argv[1:]))
