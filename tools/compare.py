"""Two datasets, or two runs, side by side: python -m tools.compare A B [--html FILE] [--json FILE]

Datasets: rows that came, went, or changed their status, split or mood; the shares of moods; the settings that differ.
Runs: the settings that differ, each figure with its interval, and which run is better, or why that cannot be said.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from console.command import Parser, run_command
from console.output.counted_nouns import format_count
from console.output.ending import name_command, print_ending
from console.output.messages import is_korean, print_result
from shards.errors import CallError
from shards.storage.places import measure_place
from shards.storage.stores.remote_path import AnyPlace
from tools.reporting.folder_argument import parse_dataset_folder
from trainer.run_files.file_names import MODEL_FILE, RECORD_FILE


def main(arguments: list[str]) -> int:
    parser = Parser("tools.compare", __doc__)
    parser.add_argument(
        "a", type=parse_dataset_folder, metavar="A", help="a dataset, a dry run, or a run's folder; or its URL"
    )
    parser.add_argument("b", type=parse_dataset_folder, metavar="B", help="another of the same kind")
    parser.add_argument(
        "--html", type=Path, help="the page to write (default: B.compare.html, beside B; here for a URL)"
    )
    parser.add_argument("--json", type=Path, help="write the differences there too")
    chosen = parser.parse_args(arguments)
    from tools.comparison.comparison_page import render_comparison_page  # only now: pyarrow takes a while
    from tools.comparison.comparison_text import describe_comparison, describe_comparison_in_korean
    from tools.comparison.dataset_difference import compare_datasets
    from tools.comparison.run_difference import compare_runs
    from tools.reporting.opened_dataset import open_dataset
    from tools.reporting.report_files import REPORT_MARK, check_report_files, place_report, write_text

    a, b = chosen.a, chosen.b
    are_runs = [_is_run(folder) for folder in (a, b)]
    if are_runs[0] != are_runs[1]:
        run, other = (a, b) if are_runs[0] else (b, a)
        raise CallError(f"{run} is a run and {other} is not; give two runs or two datasets")
    html = chosen.html or place_report(b, ".compare.html")
    files = {option: path for option, path in {"--html": html, "--json": chosen.json}.items() if path}
    if are_runs[0]:
        check_report_files(None, files, [])
        found = compare_runs(a, b)
    else:
        opened = [open_dataset(folder) for folder in (a, b)]
        for folder, each in zip((a, b), opened, strict=True):
            check_report_files(folder, files, each.sources)
        found = compare_datasets(*opened)
    if chosen.json:
        stated = {"made_by": REPORT_MARK, "a": str(a), "b": str(b)} | found
        write_text(chosen.json, json.dumps(stated, ensure_ascii=False, indent=1) + "\n")
    write_text(html, render_comparison_page(a, b, found))
    lines = describe_comparison(found)
    print_result(*([describe_comparison_in_korean(found)] if is_korean() else lines))
    print_ending(list(files.values()), *_end(a, b, found))
    return 0


def _end(a: AnyPlace, b: AnyPlace, found: dict[str, Any]) -> tuple[Sequence[str], str | None]:
    """The three figures that matter, and the command to run next."""
    if found["kind"] == "datasets":
        figures = (
            f"{format_count(found['came']['rows'], 'row')} came",
            f"{format_count(found['went']['rows'], 'row')} went",
            f"{format_count(found['kept']['both'], 'frame')} kept in both",
        )
        return figures, name_command("tools.dataset_report", b)
    decided = found["figures"].get(found["decided_by"], {})
    values = [decided.get(side, {}).get("value") for side in ("a", "b")]
    figures = [f"{name} {value:.3f}" for name, value in zip("AB", values, strict=True) if value is not None]
    better = {"a": a, "b": b}.get(found["better"])
    name, _, prior = found["decided_by"].partition(", ")  # a comma would divide the line's figures
    is_served = isinstance(better, Path) and found["model"] == MODEL_FILE
    return (
        [f"{name} ({prior})" if prior else name, *figures],
        name_command("tools.serve", better) if is_served else None,
    )


def _is_run(folder: AnyPlace) -> bool:
    """Whether a folder is a run's. Raises CallError where there is no folder."""
    if isinstance(folder, Path) and not folder.is_dir():
        raise CallError(f"{folder} is not a folder; give a dataset's or a run's")
    return measure_place(folder / RECORD_FILE) is not None


if __name__ == "__main__":
    sys.exit(run_command("compare", main, sys.argv[1:]))
