"""The report of a run: how good the model is and how it was trained, from the files in the run's folder.

Reads metrics.json and, if they exist, history.csv and run.json. Writes curves.png, confusion.png, reliability.png,
recall.png, and report.html, which contains the plots and needs no other file.
"""

import csv
import json
import math
from pathlib import Path
from typing import Any

from console.html_page import encode_data_uri, format_interval, format_value, render_page
from shards.emotions import EMOTIONS, ENGLISH
from shards.errors import DataError
from shards.storage.atomic_write import write_atomically
from trainer.evaluation import plots
from trainer.run_files.file_names import REPORT_FILE

_TEMPLATE = "run_report.html.jinja"
_HEADLINES = {"accuracy": "accuracy", "macro_f1": "macro-F1", "balanced_accuracy": "balanced accuracy"}
_PROBABILITIES = {"nll": "NLL (nats)", "calibration_error": "calibration error"}
_PRIORS = {"equal_priors": "equal priors", "natural_prior": "natural prior"}
_KOREAN_VERDICTS = {
    "beats": "{0}보다 높습니다",
    "loses to": "{0}보다 낮습니다",
    "unclear": "{0}와(과) 다르다고 할 수 없습니다",
}


def write_run_report(folder: Path) -> Path:
    """Draw the plots of a run and write its report; returns the report's path.

    Raises DataError if metrics.json is missing or one of the files cannot be read.
    """
    metrics = _read_json(folder / "metrics.json")
    if metrics is None:
        raise DataError(f"{folder / 'metrics.json'} is missing: nothing to report; let the training end first")
    evaluation = metrics.get("evaluation")
    history = _read_history(folder / "history.csv")
    page = render_page(
        Path(__file__).with_name(_TEMPLATE),
        title=_escape_surrogates(folder.absolute().name),
        evaluation=evaluation,
        korean=_format_korean_verdict(evaluation) if evaluation else None,
        pictures=_draw_plots(folder, evaluation, history),
        history=history,
        metrics=flatten_settings({key: value for key, value in metrics.items() if key != "evaluation"}),
        run={key: flatten_settings({key: value}) for key, value in (_read_json(folder / "run.json") or {}).items()},
        emotions=EMOTIONS,
        headlines=_HEADLINES,
        probabilities=_PROBABILITIES,
        priors=_PRIORS,
    )
    with write_atomically(folder / REPORT_FILE) as file:
        file.write(page.encode())
    return folder / REPORT_FILE


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
    return {name: _escape_surrogates(text)}


def _escape_surrogates(text: str) -> str:
    """Make a path name that is not valid UTF-8 (surrogates in Python) printable."""
    return text.encode(errors="backslashreplace").decode()


def _read_json(path: Path) -> dict[str, Any] | None:
    if not path.exists():
        return None
    try:
        value = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise DataError(f"{path} is not JSON: {error}; restore it or train anew") from error
    if not isinstance(value, dict):
        raise DataError(f"{path} holds no JSON object; restore it or train anew")
    return value


def _read_history(path: Path) -> list[dict[str, Any]]:
    """Read the rows of history.csv, with numbers parsed; empty cells and numbers that are not finite become None."""
    if not path.exists():
        return []
    with open(path, encoding="utf-8", newline="") as file:
        return [{name: _parse_cell(text) for name, text in row.items() if name} for row in csv.DictReader(file)]


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


def _draw_plots(folder: Path, evaluation: dict[str, Any] | None, history: list[dict[str, Any]]) -> dict[str, str]:
    """Draw the plots for which there is data; returns their data URIs by name."""
    drawn = []
    if evaluation:
        plots.draw_confusion(evaluation["videos"], folder / "confusion.png")
        plots.draw_recall(evaluation, folder / "recall.png")
        plots.draw_reliability(evaluation, folder / "reliability.png")
        drawn += ["confusion", "recall", "reliability"]
    if history:
        plots.draw_curves(history, folder / "curves.png")
        drawn.append("curves")
    return {name: encode_data_uri("image/png", (folder / f"{name}.png").read_bytes()) for name in drawn}


def _format_korean_verdict(evaluation: dict[str, Any]) -> str:
    """The verdict on frames in Korean."""
    figures = evaluation["frames"]["equal_priors"]
    constant = f"항상 {EMOTIONS[ENGLISH.index(figures['majority'])].korean} 하나만 답할 때의"
    parts = []
    for name, title in (("accuracy", "정확도"), ("macro_f1", "매크로 F1")):
        figure = figures[name]
        against = _KOREAN_VERDICTS[figure["against_majority"]].format(format_value(figure["majority"]))
        model = f"{title} {format_value(figure['value'])} {format_interval(figure['interval'])}".rstrip()
        parts.append(f"{model}, {constant} {against}.")
    return f"프레임 기준, 모든 감정의 사전 확률이 같을 때: {' '.join(parts)}"
