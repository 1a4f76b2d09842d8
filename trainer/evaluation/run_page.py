"""What the reports of all kinds of runs share: the files that they read, and the page that they fill in.

The templates of reports extend run_page.html.jinja; the tables at their end are in run_parts.html.jinja.
"""

import csv
import io
import json
import math
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

from console.html_page import encode_data_uri, render_page
from console.output.language import translate
from shards.errors import DataError
from shards.storage.atomic_write import write_atomically
from shards.storage.files import read_file
from shards.storage.stores.remote_path import AnyPlace
from trainer.evaluation.plots import PLOT_DPI
from trainer.run_files.file_names import HISTORY_FILE, METRICS_FILE, RECORD_FILE, REPORT_FILE
from trainer.run_files.history import HISTORY_DIGEST, digest_history
from trainer.run_files.run_record import read_metrics, read_run_object

_PIXELS_PER_INCH = 96  # of a browser
# Of metrics.json: in sections of their own, or nowhere.
_SHOWN_ELSEWHERE = ("evaluation", "examples", "warnings", HISTORY_DIGEST)
_REMEDY = "restore it or train anew"


def write_run_page(
    folder: Path, template: Path, metrics: dict[str, Any], history: list[dict[str, Any]], **values: Any
) -> Path:
    """Fill in a template and write it as the report of a run's folder; returns the report's path.

    Beside `values`, the template has title, history, warnings in both languages, and metrics and run: the rest of
    metrics.json, and run.json, as texts by dotted paths.
    """
    record = read_run_object(folder / RECORD_FILE, _REMEDY) or {}
    page = render_page(
        template,
        title=escape_surrogates(folder.absolute().name),
        history=history,
        warnings=[(line, translate(line)) for line in map(escape_surrogates, metrics.get("warnings", ()))],
        metrics=flatten_settings({key: value for key, value in metrics.items() if key not in _SHOWN_ELSEWHERE}),
        run={key: flatten_settings({key: value}) for key, value in record.items()},
        **values,
    )
    with write_atomically(folder / REPORT_FILE) as file:
        file.write(page.encode())
    return folder / REPORT_FILE


def embed_plot(folder: Path, name: str, draw: Callable[..., bytes], *values: Any) -> dict[str, Any]:
    """Draw a plot in both languages, and write the English one beside the report, as NAME.png.

    Returns both PNGs as data URIs, "english" and "korean", and their size in the page, pixels, at which letters are as
    large as drawn.
    """
    english, korean = draw(*values), draw(*values, in_korean=True)
    with write_atomically(folder / f"{name}.png") as file:
        file.write(english)
    width, height = struct.unpack(">II", english[16:24])
    size = {side: round(n * _PIXELS_PER_INCH / PLOT_DPI) for side, n in (("width", width), ("height", height))}
    return {"english": encode_data_uri("image/png", english), "korean": encode_data_uri("image/png", korean), **size}


def read_run_metrics(folder: AnyPlace) -> dict[str, Any]:
    """metrics.json of a run's folder. Raises DataError where it is missing or cannot be read."""
    metrics = read_run_object(folder / METRICS_FILE, _REMEDY)
    if metrics is None:
        raise DataError(f"{folder / METRICS_FILE} is missing: nothing to report; let the training end first")
    return metrics


def flatten_settings(value: Any, name: str = "") -> dict[str, str]:
    """Flatten nested dicts to {dotted path: text}; a list without dicts is one value."""
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        value = {str(i): item for i, item in enumerate(value)}
    if isinstance(value, dict) and value:
        leaves: dict[str, str] = {}
        for key, item in value.items():
            leaves |= flatten_settings(item, f"{name}.{key}" if name else str(key))
        return leaves
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return {name: escape_surrogates(text)}


def escape_surrogates(text: str) -> str:
    """Make a path name that is not valid UTF-8 (surrogates in Python) printable."""
    return text.encode(errors="backslashreplace").decode()


def read_run_history(folder: Path) -> list[dict[str, Any]]:
    """Read the rows of history.csv, with numbers parsed; empty cells and numbers that are not finite become None.

    Raises DataError where it is not what metrics.json says that the run wrote, or no CSV.
    """
    path = folder / HISTORY_FILE
    if not path.exists():
        return []
    data = read_file(path)
    if (read_metrics(folder) or {}).get(HISTORY_DIGEST, digest_history(data)) != digest_history(data):
        raise DataError(f"{path} differs from what the run wrote; restore it, or remove it to go without its curves")
    try:
        rows = list(csv.DictReader(io.StringIO(data.decode(), newline="")))
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} is no CSV: {error}; restore it, or remove it to go without its curves") from error
    return [{name: _parse_cell(text) for name, text in row.items() if name} for row in rows]


def _parse_cell(text: str | None) -> Any:
    if not text:
        return None
    if text.isdecimal():
        return int(text)
    try:
        number = float(text)
    except ValueError:
        return text
    return number if math.isfinite(number) else None
