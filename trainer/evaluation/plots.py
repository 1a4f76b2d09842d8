"""The plots of a run, as PNGs with words in English or Korean: learning curves, confusion matrix, reliability diagram,
recall by mood.

Figures are made without pyplot, which needs a display and keeps global state.
"""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from console.hangul_font import find_hangul_font
from shards.emotions import EMOTIONS, ENGLISH, KOREAN

_BLUE, _ORANGE, _GREEN, _GREY = "#2b6cb0", "#c05621", "#2f855a", "#718096"
_MOOD_TITLES = {"macro_f1": "macro-F1", "val_accuracy": "accuracy (equal priors)"}
PLOT_DPI = 140  # pictures that a page shrinks to a phone's width and shows sharply on a screen
_LEVELS = {"frames": _BLUE, "videos": _ORANGE}
_PRIORS = {"equal_priors": "equal priors", "natural_prior": "natural prior"}
PLOT_WORDS = {  # in Korean: every word that a plot may hold; stages keep the names that the settings give them
    "macro-F1": "macro-F1",
    "accuracy (equal priors)": "정확도(균등 사전 확률)",
    "AP at IoU 0.5": "IoU 0.5의 AP",
    "AP at IoU 0.5:0.95": "IoU 0.5:0.95의 AP",
    "mean IoU of the best box": "가장 좋은 바운딩 박스의 평균 IoU",
    "{} of one answer": "한 가지 답의 {}",
    "training loss": "학습 손실",
    "val_loss": "검증 손실",
    "val_loss (natural prior)": "검증 손실(학습 비율 사전 확률)",
    "learning rate": "학습률",
    "epoch": "에폭",
    "answer (equal priors)": "답(균등 사전 확률)",
    "truth": "실제",
    "Confusion of videos: share of the row, count": "영상의 혼동 행렬: 줄에서의 비율, 개수",
    "equal priors": "균등 사전 확률",
    "natural prior": "학습 비율 사전 확률",
    "frames": "프레임",
    "videos": "영상",
    "{}: calibration error {}": "{}: 보정 오차 {}",
    "probability of the answer": "답의 확률",
    "share of right answers": "정답 비율",
    "absent": "없음",
    "majority (videos)": "한 가지 답(영상)",
    "prior (videos)": "비율대로(영상)",
    "recall (equal priors)": "재현율(균등 사전 확률)",
    "Recall of each mood": "감정별 재현율",
}


def draw_curves(
    history: list[dict[str, Any]],
    constant: dict[str, float],
    titles: dict[str, str] | None = None,
    *,
    in_korean: bool = False,
) -> bytes:
    """Draw metrics, loss and learning rate over the epochs of all stages, with a line where a stage begins.

    `constant` is what the best constant answer reaches, by the metric's column; empty where that is not known. `titles`
    are those of the metrics, by column, in English; the moods' where not given. Returns a PNG, as all of these do.
    """
    say, picture = _choose_words(in_korean), io.BytesIO()
    with _open_figure(picture, 3, 1, (5.6, 7), sharex=True) as axes:
        figures, losses, rates = axes[:, 0]
        _plot_columns(figures, history, titles or _MOOD_TITLES, constant, say)
        val_loss = "val_loss" if titles else "val_loss (natural prior)"
        _plot_columns(losses, history, {"loss": "training loss", "val_loss": val_loss}, {}, say)
        _plot_columns(rates, history, {"learning_rate": "learning rate"}, {}, say)
        figures.set(ylim=(0, 1))
        if any(row.get("learning_rate") for row in history):
            _set_log_scale(rates)
        rates.set_xlabel(say("epoch"))
        rates.xaxis.get_major_locator().set_params(integer=True)
        _mark_stage_starts(axes[:, 0], [row.get("stage") or "" for row in history])
    return picture.getvalue()


def draw_confusion(level: dict[str, Any], *, in_korean: bool = False) -> bytes:
    """Draw the confusion matrix under equal priors: counts, coloured by their share of the true mood."""
    counts = np.array(level["equal_priors"]["confusion"])
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    say, picture = _choose_words(in_korean), io.BytesIO()
    with _open_figure(picture, 1, 1, (8, 7.2)) as axes:
        axis, names = axes[0, 0], _list_mood_names(in_korean)
        axis.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        axis.set(xlabel=say("answer (equal priors)"), ylabel=say("truth"))
        axis.set_title(say("Confusion of videos: share of the row, count"))
        axis.set_xticks(range(len(names)), names)
        axis.set_yticks(range(len(names)), names)
        for (row, column), share in np.ndenumerate(shares):
            text = f"{share:.0%}\n{counts[row, column]:,}" if counts[row].any() else "–"
            colour = "white" if share > 0.7 else "black"
            axis.text(column, row, text, ha="center", va="center", color=colour, fontsize=9)
    return picture.getvalue()


def draw_reliability(evaluation: dict[str, Any], *, in_korean: bool = False) -> bytes:
    """Draw the reliability diagrams (accuracy over probability) under both priors."""
    say, picture = _choose_words(in_korean), io.BytesIO()
    with _open_figure(picture, 1, 2, (8, 4.4)) as axes:
        for axis, (prior, title) in zip(axes[0], _PRIORS.items(), strict=True):
            axis.plot([0, 1], [0, 1], color=_GREY, linestyle="--", linewidth=1)
            for level, colour in _LEVELS.items():
                described = evaluation[level][prior]
                bins = described["reliability"]
                sure, right = [item["confidence"] for item in bins], [item["accuracy"] for item in bins]
                error = f"{described['calibration_error']['value']:.3f}"
                label = say("{}: calibration error {}").format(say(level), error)
                axis.plot(sure, right, color=colour, label=label)
                axis.scatter(sure, right, [8 + 250 * item["weight"] for item in bins], color=colour, alpha=0.6)
            axis.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", title=say(title))
            axis.set(xlabel=say("probability of the answer"), ylabel=say("share of right answers"))
            axis.legend(loc="upper left", fontsize=9)
    return picture.getvalue()


def draw_recall(evaluation: dict[str, Any], *, in_korean: bool = False) -> bytes:
    """Draw each mood's recall under equal priors, beside that of the baselines."""
    say, picture = _choose_words(in_korean), io.BytesIO()
    with _open_figure(picture, 1, 1, (6.4, 4)) as axes:
        axis, positions, width = axes[0, 0], np.arange(len(EMOTIONS)), 0.38
        for shift, (level, colour) in zip((-0.5, 0.5), _LEVELS.items(), strict=True):
            recalls = _list_recalls(evaluation[level], "value")
            axis.bar(positions + shift * width, recalls, width, color=colour, label=say(level))
            for position in np.flatnonzero(np.isnan(recalls)):
                place = position + shift * width
                axis.text(place, 0.02, say("absent"), ha="center", rotation=90, fontsize=8, color=_GREY)
        for way, marker, colour in (("majority", "_", "black"), ("prior", "x", _GREEN)):
            recalls, label = _list_recalls(evaluation["videos"], way), say(f"{way} (videos)")
            axis.scatter(positions, recalls, 120, colour, marker, label=label, zorder=3)
        axis.set_xticks(positions, _list_mood_names(in_korean))
        axis.set(ylim=(0, 1.02), ylabel=say("recall (equal priors)"), title=say("Recall of each mood"))
        axis.legend(fontsize=9)
    return picture.getvalue()


def _choose_words(in_korean: bool) -> Callable[[str], str]:
    """What puts a text of a plot into its language. Without a font with Hangul, plots stay English."""
    return PLOT_WORDS.__getitem__ if in_korean and find_hangul_font() else str


@contextmanager
def _open_figure(
    picture: io.BytesIO, rows: int, columns: int, size: tuple[float, float], sharex: bool = False
) -> Iterator:
    """Yield the axes (rows, columns) of a figure that is written to `picture` at the end of the block."""
    font = find_hangul_font()
    with matplotlib.rc_context({"axes.unicode_minus": False, **({"font.family": font} if font else {})}):
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False, sharex=sharex)
        for axis in axes.flat:
            axis.spines[["top", "right"]].set_visible(False)
        yield axes
        figure.savefig(picture, format="png", dpi=PLOT_DPI)


def _plot_columns(
    axis: Axes,
    history: list[dict[str, Any]],
    titles: dict[str, str],
    constant: dict[str, float],
    say: Callable[[str], str],
) -> None:
    """Plot columns of the history, and for those in `constant` a dashed line at what a constant answer reaches."""
    epochs = np.arange(1, len(history) + 1)
    for (name, title), colour in zip(titles.items(), (_BLUE, _ORANGE, _GREEN), strict=False):
        values = [np.nan if row.get(name) is None else row[name] for row in history]
        axis.plot(epochs, values, color=colour, marker="o", markersize=3, label=say(title))
        if name in constant:
            label = say("{} of one answer").format(say(title).split("(")[0].strip())
            axis.axhline(constant[name], color=colour, linestyle="--", linewidth=1, label=label)
    axis.grid(alpha=0.3)
    axis.legend(fontsize=8, framealpha=0.6)


def _set_log_scale(axis: Axes) -> None:
    """Set a logarithmic scale with plain labels: the default 10^-3 has a minus sign that NanumGothic lacks."""
    axis.set_yscale("log")
    axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.yaxis.set_minor_formatter(NullFormatter())


def _mark_stage_starts(axes: np.ndarray, stages: list[str]) -> None:
    starts = [i for i, stage in enumerate(stages) if i == 0 or stage != stages[i - 1]]
    for i in starts:
        for axis in axes if i else ():
            axis.axvline(i + 0.5, color=_GREY, linestyle=":")
        axes[0].annotate(
            stages[i],
            (i + 0.55, 1.02),
            xycoords=("data", "axes fraction"),
            fontsize=9,
            color=_GREY,
            annotation_clip=False,
        )
    axes[0].set_xlim(0.5, len(stages) + 0.5)


def _list_mood_names(in_korean: bool) -> list[str]:
    if find_hangul_font():
        if in_korean:
            return list(KOREAN)
        return [f"{emotion.korean}\n{emotion.english}" for emotion in EMOTIONS]
    return list(ENGLISH)


def _list_recalls(level: dict[str, Any], way: str) -> np.ndarray:
    classes = level["equal_priors"]["classes"]
    return np.array([np.nan if (recall := classes[name]["recall"][way]) is None else recall for name in ENGLISH])
