"""The report of a run: how good the model is and how it was trained, from the files in the run's folder.

Reads metrics.json and, if they exist, history.csv and run.json, and from the validation shards the pictures that
metrics.json names. Writes curves.png, confusion.png, reliability.png, recall.png, and report.html, which needs no other
file. It shows before it tells: confusion matrix, pictures and curves, then the verdict, then tables.
"""

import csv
import json
import math
from pathlib import Path
from typing import Any

from console.html_page import encode_data_uri, render_page
from shards.emotions import EMOTIONS
from shards.errors import DataError
from shards.storage.atomic_write import write_atomically
from trainer.evaluation import plots
from trainer.evaluation.answer_examples import EXAMPLE_GROUPS, list_example_places
from trainer.evaluation.example_pictures import read_thumbnails
from trainer.evaluation.plain_verdict import word_verdict
from trainer.input.dataset_split import DatasetSplit
from trainer.run_files.file_names import HISTORY_FILE, METRICS_FILE, RECORD_FILE, REPORT_FILE

_TEMPLATE = "run_report.html.jinja"
_SHOWN_ELSEWHERE = ("evaluation", "examples")  # of metrics.json: in sections of their own
_HEADLINES = {"accuracy": "accuracy", "macro_f1": "macro-F1", "balanced_accuracy": "balanced accuracy"}
_PROBABILITIES = {"nll": "NLL (nats)", "calibration_error": "calibration error"}
_PRIORS = {"equal_priors": "equal priors", "natural_prior": "natural prior"}
_GROUP_TITLES = {
    "right": ("right", "맞힘"),
    "wrong_and_sure": ("wrong, and sure", "확신하고 틀림"),
    "wrong_and_unsure": ("wrong, and unsure", "확신 없이 틀림"),
}
_NO_EXAMPLES = (
    "this run was evaluated before reports had pictures; delete its metrics.json and give its command again, which "
    "evaluates it anew without training"
)


def write_run_report(folder: Path, validation: DatasetSplit | None) -> Path:
    """Draw the plots of a run and write its report; returns the report's path.

    `validation` is the split that the run was evaluated on, whose pictures are shown; without it the page says that
    they are missing. Raises DataError if metrics.json is missing or one of the files cannot be read.
    """
    metrics = _read_json(folder / METRICS_FILE)
    if metrics is None:
        raise DataError(f"{folder / METRICS_FILE} is missing: nothing to report; let the training end first")
    evaluation = metrics.get("evaluation")
    history = _read_history(folder / HISTORY_FILE)
    page = render_page(
        Path(__file__).with_name(_TEMPLATE),
        title=_escape_surrogates(folder.absolute().name),
        evaluation=evaluation,
        verdict=word_verdict(evaluation) if evaluation else None,
        confusions=_list_confusions(evaluation) if evaluation else {},
        strips=_build_strips(metrics.get("examples"), validation),
        group_titles=_GROUP_TITLES,
        plots=_draw_plots(folder, evaluation, history),
        history=history,
        metrics=flatten_settings({key: value for key, value in metrics.items() if key not in _SHOWN_ELSEWHERE}),
        run={key: flatten_settings({key: value}) for key, value in (_read_json(folder / RECORD_FILE) or {}).items()},
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


def _list_confusions(evaluation: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The rows of the confusion matrices of videos and frames: the cases of a true mood, and of each answer the count
    and the share of them.
    """
    return {
        level: [
            {"total": sum(row), "cells": [{"count": count, "share": count / max(sum(row), 1)} for count in row]}
            for row in evaluation[level]["equal_priors"]["confusion"]
        ]
        for level in ("videos", "frames")
    }


def _build_strips(examples: dict[str, Any] | None, validation: DatasetSplit | None) -> dict[str, Any]:
    """The chosen frames by mood, with their pictures as data URIs; `problem` says why pictures are missing."""
    if examples is None:
        return {"moods": {}, "problem": _NO_EXAMPLES}
    pictures, problem = {}, None
    try:
        if validation is None:
            raise DataError("the validation dataset is not here")
        pictures = read_thumbnails(validation, list_example_places(examples))
    except DataError as error:
        problem = _escape_surrogates(str(error))
    for mood in examples["moods"].values():
        for example in (example for name in EXAMPLE_GROUPS for example in mood[name]["chosen"]):
            if found := pictures.get(example["place"]):
                example["key"] = _escape_surrogates(found.key)
                example["picture"] = encode_data_uri("image/jpeg", found.jpeg)
    return examples | {"problem": problem}


def _draw_plots(folder: Path, evaluation: dict[str, Any] | None, history: list[dict[str, Any]]) -> dict[str, str]:
    """Draw the plots for which there is data; returns their data URIs by name."""
    drawn, constant = [], {}
    if evaluation:
        plots.draw_confusion(evaluation["videos"], folder / "confusion.png")
        plots.draw_recall(evaluation, folder / "recall.png")
        plots.draw_reliability(evaluation, folder / "reliability.png")
        drawn += ["recall", "reliability"]
        figures = evaluation["frames"]["equal_priors"]
        constant = {"macro_f1": figures["macro_f1"]["majority"], "val_accuracy": figures["accuracy"]["majority"]}
    if history:
        plots.draw_curves(history, constant, folder / "curves.png")
        drawn.append("curves")
    return {name: encode_data_uri("image/png", (folder / f"{name}.png").read_bytes()) for name in drawn}
