"""What differs between two runs: settings, data, versions, and each figure with its interval.

Two runs that answer the same videos err on much the same ones. Where both have answers.parquet, the interval of a
difference is *paired*: each bootstrap resample draws videos once and takes the figures of both runs from them. Where
one has none, as finders and older runs, it comes from the intervals of both by the method of variance estimates
recovery (Zou and Donner, 2008), as if the two were independent, and is rather too wide: that it cannot be said which
run is better does not mean that they are equal.
"""

import math
from typing import Any

import numpy as np

from shards.errors import CallError, DataError
from shards.storage.stores.remote_path import AnyPlace
from tools.comparison.setting_differences import list_differences
from trainer.evaluation.bootstrap import compute_interval, resample_videos
from trainer.evaluation.confusion import compute_metrics
from trainer.evaluation.metrics_json import CONFIDENCE_LEVEL, RESAMPLE_COUNT
from trainer.evaluation.run_page import read_run_metrics
from trainer.evaluation.video_answers import VideoAnswers, read_video_answers
from trainer.run_files.file_names import RECORD_FILE
from trainer.run_files.run_record import read_record

_METRICS = {"macro_f1": "macro-F1", "accuracy": "accuracy", "balanced_accuracy": "balanced accuracy"}
# By the name of the model's file: the figures, as paths in metrics.json's evaluation. The first decides.
_FIGURES = {
    "model.keras": {
        f"{words} of {level}, {prior.replace('_', ' ')}": (level, prior, metric)
        for prior in ("equal_priors", "natural_prior")
        for level in ("frames", "videos")
        for metric, words in _METRICS.items()
    },
    "finder.keras": {
        "AP at IoU 0.5 to 0.95": ("ap",),
        "AP at IoU 0.5": ("ap50",),
        "mean IoU of the best box": ("mean_iou",),
    },
}
_COMPARED = ("settings", "pictures", "versions", "device")
_SEED = 0  # of the draws, the same for every pair of runs: A and B change places without changing the result


def compare_runs(a: AnyPlace, b: AnyPlace) -> dict[str, Any]:
    """All differences from run `a` to run `b`, of types that JSON has.

    Raises CallError where the runs train other kinds of networks, DataError where one is damaged or not finished.
    """
    records, metrics = [_read_record(folder) for folder in (a, b)], [read_run_metrics(folder) for folder in (a, b)]
    models = [found.get("model") for found in metrics]
    if models[0] != models[1] or models[0] not in _FIGURES:
        raise CallError(f"{a} made {models[0]} and {b} made {models[1]}: figures of these cannot be compared")
    shared = _find_shared_validation(records)
    answers = _read_same_videos((a, b), metrics) if shared else None
    paired = _resample_differences(*answers) if answers else {}
    figures = {
        name: _compare_figure([_find_figure(found, path) for found in metrics], shared, paired.get(path))
        for name, path in _FIGURES[models[0]].items()
    }
    deciding, chosen = next(iter(figures.items()))
    return {
        "kind": "runs",
        "model": models[0],
        "same_validation": shared,
        "paired_videos": len(answers[0].videos) if answers else None,
        "data": [_describe_data(record) for record in records],
        "epochs": [[found.get("best_epoch"), found.get("epochs")] for found in metrics],
        "differences": {
            part: found
            for part in _COMPARED
            if (found := list_differences(*(record.get(part, {}) for record in records)))
        },
        "figures": figures,
        "decided_by": deciding,
        "better": chosen["better"],
        "why": _explain(chosen, shared, bool(answers)),
    }


def _read_record(folder: AnyPlace) -> dict[str, Any]:
    try:
        record = read_record(folder, replace=False)
    except DataError as error:
        raise DataError(f"{folder / RECORD_FILE} is damaged; restore it or train anew") from error
    if record is None:
        raise CallError(f"{folder} has no {RECORD_FILE}; give the folder of a run")
    return record


def _find_shared_validation(records: list[dict[str, Any]]) -> bool:
    found = [record.get("data", {}).get("valid", {}).get("fingerprint") for record in records]
    return found[0] is not None and found[0] == found[1]


def _read_same_videos(folders: tuple[AnyPlace, AnyPlace], metrics: list[dict[str, Any]]) -> list[VideoAnswers] | None:
    """The answers of both runs to the same videos; None where a run stored none."""
    answers = [
        read_video_answers(folder, found.get("evaluation") or {})
        for folder, found in zip(folders, metrics, strict=True)
    ]
    if None in answers:
        return None
    if answers[0].videos != answers[1].videos:
        raise DataError(f"{folders[0]} and {folders[1]} name one dataset and answered other videos; train one anew")
    return answers


def _resample_differences(a: VideoAnswers, b: VideoAnswers) -> dict[tuple[str, ...], list[float] | None]:
    """The interval of each figure's difference, by its path; None for a single video.

    Videos are drawn once for all: of each resample both runs' figures are of the same ones.
    """
    kinds = list(a.confusions)
    if len(a.videos) == 1:
        return {(*kind, metric): None for kind in kinds for metric in _METRICS}
    both = np.stack([[each.confusions[kind] for each in (a, b)] for kind in kinds])  # (kinds, 2, videos, 6, 6)
    drawn = compute_metrics(resample_videos(np.moveaxis(both, 2, 0), RESAMPLE_COUNT, _SEED))  # (resamples, kinds, 2)
    differences = {metric: np.diff(getattr(drawn, metric), axis=2)[..., 0] for metric in _METRICS}
    return {
        (*kind, metric): compute_interval(values[:, place], CONFIDENCE_LEVEL)
        for place, kind in enumerate(kinds)
        for metric, values in differences.items()
    }


def _describe_data(record: dict[str, Any]) -> dict[str, Any]:
    names = ("path", "records", "videos", "fingerprint")
    return {
        split: {name: found.get(name) for name in names} for split, found in record.get("data", {}).items() if found
    }


def _find_figure(metrics: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    """A figure's value and interval; None for what is not there."""
    found: Any = metrics.get("evaluation")
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    found = found if isinstance(found, dict) else {}
    return {"value": found.get("value"), "interval": found.get("interval")}


def _compare_figure(pair: list[dict[str, Any]], shared: bool, paired: list[float] | None) -> dict[str, Any]:
    """`paired` is the interval of the difference where the answers of both runs are known, video by video."""
    a, b = pair
    difference = None if None in (a["value"], b["value"]) else b["value"] - a["value"]
    interval = paired
    if interval is None and difference is not None and a["interval"] and b["interval"]:
        interval = _recover_interval(a["value"], *a["interval"], b["value"], *b["interval"])
    better = "unclear"
    if shared and interval:
        better = "b" if interval[0] > 0 else "a" if interval[1] < 0 else "unclear"
    return {"a": a, "b": b, "difference": difference, "interval": interval, "better": better}


def _recover_interval(a: float, a_low: float, a_high: float, b: float, b_low: float, b_high: float) -> list[float]:
    """The interval of b - a from the intervals of both."""
    return [b - a - math.hypot(b - b_low, a_high - a), b - a + math.hypot(b_high - b, a - a_low)]


def _explain(figure: dict[str, Any], shared: bool, is_paired: bool) -> str:
    """Why one run is better, or why that cannot be said."""
    if not shared:
        return "the runs were validated on different datasets, so their figures say nothing about one another"
    if figure["interval"] is None:
        return "a figure has no interval, as with a single validation video"
    low, high = figure["interval"]
    way = "by the same videos" if is_paired else "as if the runs were independent"
    span = (
        f"the difference B minus A is {figure['difference']:+.3f}, its interval [{low:+.3f}, {high:+.3f}], taken {way},"
    )
    return f"{span} does not include 0" if figure["better"] != "unclear" else f"{span} includes 0"
