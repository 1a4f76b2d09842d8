"""The report of a run: how good the model is and how it was trained, from the files in the run's folder.

Reads metrics.json and, if they exist, history.csv and run.json, and from the validation shards the pictures that
metrics.json names. Writes curves.png, confusion.png, reliability.png, recall.png, and report.html, which needs no other
file. It begins with a headline, then shows before it tells: confusion matrix, pictures, videos over time and curves,
then the verdict, then tables.
"""

from pathlib import Path
from typing import Any

import numpy as np

from console.html_page import encode_data_uri
from shards.emotions import EMOTIONS
from shards.errors import DataError
from shards.storage.atomic_write import write_atomically
from trainer.answering.answers import find_sure
from trainer.evaluation import plots
from trainer.evaluation.answer_examples import SURE_BY, list_cells, list_example_places
from trainer.evaluation.example_pictures import ExamplePicture, read_thumbnails
from trainer.evaluation.mood_timelines import draw_timeline
from trainer.evaluation.plain_verdict import word_verdict
from trainer.evaluation.run_page import (
    embed_plot,
    escape_surrogates,
    read_run_history,
    read_run_metrics,
    write_run_page,
)
from trainer.input.dataset_split import DatasetSplit

_TEMPLATE = "run_report.html.jinja"
_STRIP = 6  # frames below a video's plot
# What the figures mean, for readers of Korean; metrics.json has it in English.
_KOREAN_MEANINGS = {
    "equal_priors": "모든 감정이 똑같이 나올 수 있다고 보고 답합니다. NLL과 보정 오차에서는 감정마다 같은 "
    "가중치를 둡니다.",
    "natural_prior": "감정이 학습 영상에서만큼 흔하다고 보고 답합니다. NLL과 보정 오차에서는 프레임이나 영상마다 같은 "
    "가중치를 둡니다.",
    "majority": "가장 흔한 감정 하나만 확신하며 답하는 경우입니다. 한 가지 답으로 얻을 수 있는 가장 좋은 값이며, NLL은 "
    "무한대라 비워 둡니다.",
    "prior": "학습 영상의 감정 비율대로 무작위로 답하는 경우의 기댓값입니다.",
    "intervals": "영상 단위 부트스트랩으로 얻은 95% 구간입니다. 영상이 하나면 비워 둡니다.",
    "selection": "에폭과 온도를 바로 이 검증 영상으로 골랐으므로 모든 수치가 조금 좋게 나옵니다. 구간은 이를 "
    "반영하지 않습니다.",
    "never_answered": "학습 프레임이 없어 확률이 0인 감정입니다. 검증 데이터에 있으면 오답으로 세고 NLL에서는 뺍니다.",
    "absent": "검증 데이터에 없는 감정은 수치가 없으며 모든 평균에서 뺍니다.",
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
    metrics = read_run_metrics(folder)
    evaluation = metrics.get("evaluation")
    history = read_run_history(folder)
    return write_run_page(
        folder,
        Path(__file__).with_name(_TEMPLATE),
        metrics,
        history,
        evaluation=evaluation,
        verdict=word_verdict(evaluation) if evaluation else None,
        confusions=_list_confusions(evaluation) if evaluation else {},
        examples=_show_examples(metrics.get("examples"), validation),
        korean_meanings=_KOREAN_MEANINGS,
        plots=_draw_plots(folder, evaluation, history),
        emotions=EMOTIONS,
        korean_moods={emotion.english: emotion.korean for emotion in EMOTIONS},
    )


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


def _show_examples(examples: dict[str, Any] | None, validation: DatasetSplit | None) -> dict[str, Any]:
    """The chosen frames and videos, with pictures as data URIs; `problem` says why pictures are missing."""
    if examples is None or "timelines" not in examples:
        return {"moods": {}, "timelines": [], "problem": _NO_EXAMPLES}
    pictures, problem = {}, None
    try:
        if validation is None:
            raise DataError("the validation dataset is not here")
        pictures = read_thumbnails(validation, list_example_places(examples))
    except DataError as error:
        problem = escape_surrogates(str(error))
    examples = {"sure_by": SURE_BY} | examples  # older runs counted by the one threshold alone, and say it by both
    for example in (example for cell in list_cells(examples) for example in cell["chosen"]):
        thresholds = examples["sure_from"], examples["sure_by"]
        example.setdefault("is_sure", bool(find_sure(np.array(example["probabilities"]), *thresholds)))
        if found := pictures.get(example["place"]):
            example.update(key=escape_surrogates(found.key), picture=encode_data_uri("image/jpeg", found.jpeg))
    timelines = [_show_timeline(timeline, pictures) for timeline in examples["timelines"]] if pictures else []
    return examples | {"timelines": [timeline for timeline in timelines if timeline], "problem": problem}


def _show_timeline(timeline: dict[str, Any], pictures: dict[int, ExamplePicture]) -> dict[str, Any] | None:
    """A video's areas, its span in seconds and some of its frames; None where all frames have one time."""
    milliseconds = np.array([pictures[place].timestamp for place in timeline["places"]])
    order = np.argsort(milliseconds, kind="stable")
    seconds, probabilities = milliseconds[order] / 1000, np.array(timeline["probabilities"])[order]
    if seconds[0] == seconds[-1]:
        return None
    in_order = np.array(timeline["places"])[order]
    strip = np.unique(np.linspace(0, len(in_order) - 1, _STRIP).round().astype(int))
    return timeline | {
        "video": escape_surrogates(pictures[in_order[0]].key.rpartition("/")[0]),
        "span": (float(seconds[0]), float(seconds[-1])),
        "areas": draw_timeline(seconds, probabilities),
        "answers": [
            (seconds[i].item(), int(probabilities[i].argmax()), float(probabilities[i].max()))
            for i in range(len(order))
        ],
        "strip": [encode_data_uri("image/jpeg", pictures[place].jpeg) for place in in_order[strip].tolist()],
    }


def _draw_plots(folder: Path, evaluation: dict[str, Any] | None, history: list[dict[str, Any]]) -> dict[str, Any]:
    """Draw the plots for which there is data; returns those of the page by name, see embed_plot."""
    drawn, constant = {}, {}
    if evaluation:
        with write_atomically(folder / "confusion.png") as file:  # on the page it is a table
            file.write(plots.draw_confusion(evaluation["videos"]))
        drawn["recall"] = embed_plot(folder, "recall", plots.draw_recall, evaluation)
        drawn["reliability"] = embed_plot(folder, "reliability", plots.draw_reliability, evaluation)
        figures = evaluation["frames"]["equal_priors"]
        constant = {"macro_f1": figures["macro_f1"]["majority"], "val_accuracy": figures["accuracy"]["majority"]}
    if history:
        drawn["curves"] = embed_plot(folder, "curves", plots.draw_curves, history, constant)
    return drawn
