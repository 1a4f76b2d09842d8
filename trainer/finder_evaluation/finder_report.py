"""The report of a finder's run: pictures with their boxes first, then curves, a verdict, and tables.

Reads metrics.json and, if they exist, history.csv and run.json, and from the validation shards the frames that
metrics.json names. Writes curves.png and report.html, which needs no other file.
"""

from pathlib import Path
from typing import Any

from console.html_page import encode_data_uri
from shards.errors import DataError
from trainer.evaluation import plots, run_page
from trainer.evaluation.run_page import escape_surrogates, read_run_history, read_run_metrics, write_run_page
from trainer.finder_evaluation.finder_metrics import FINDER_FIGURES
from trainer.input.frame_split import FrameSplit, read_frames

_TEMPLATE = Path(run_page.__file__).with_name("finder_report.html.jinja")  # beside the page that it extends
_KINDS = {
    "best": ("The best", "가장 잘 찾은"),
    "median": ("In the middle", "중간"),
    "worst": ("The worst", "가장 못 찾은"),
}
_FEW_VIDEOS = 20  # below, a verdict says that they are few


def write_finder_report(folder: Path, validation: FrameSplit) -> Path:
    """Write the report of a finder's run; returns its path.

    `validation` is the split that the run was evaluated on, whose pictures are shown. Raises DataError if metrics.json
    is missing or one of the files cannot be read.
    """
    metrics, history = read_run_metrics(folder), read_run_history(folder)
    evaluation = metrics["evaluation"]
    problem = _add_pictures(metrics["examples"], validation)
    drawn = {}
    if history:
        constant = {name: evaluation[name]["mean_box"] for name in FINDER_FIGURES}
        plots.draw_curves(history, constant, folder / "curves.png", FINDER_FIGURES)
        drawn["curves"] = encode_data_uri("image/png", (folder / "curves.png").read_bytes())
    return write_run_page(
        folder,
        _TEMPLATE,
        metrics,
        history,
        evaluation=evaluation,
        examples=metrics["examples"],
        kinds=_KINDS,
        problem=problem,
        figures=FINDER_FIGURES,
        min_score=metrics["min_score"],
        plots=drawn,
        verdict=word_box_verdict(evaluation),
    )


def word_box_verdict(evaluation: dict[str, Any]) -> dict[str, str]:
    """Whether the finder is better than always answering the mean box, in a plain sentence, English and Korean."""
    figure, videos = evaluation["ap50"], evaluation["videos"]
    of, of_mean = f"{figure['value']:.3f}", f"{figure['mean_box']:.3f}"
    words = {
        "beats": (
            "finds animals better than a box that is always the same",
            "늘 같은 상자보다 동물을 더 잘 찾습니다",
        ),
        "loses to": (
            "finds animals worse than a box that is always the same",
            "늘 같은 상자보다 동물을 더 못 찾습니다",
        ),
        "unclear": (
            "is not shown to find animals better than a box that is always the same",
            "늘 같은 상자보다 동물을 더 잘 찾는다고 할 수 없습니다",
        ),
    }
    english, korean = words[figure["against_mean_box"]]
    few = videos < _FEW_VIDEOS
    return {
        "english": f"On {videos} validation videos the finder {english}: its AP at IoU 0.5 is {of}, that of the mean "
        f"box {of_mean}.{' So few videos say little.' if few else ''}",
        "korean": f"검증 영상 {videos}개에서 이 모델은 {korean}: IoU 0.5의 AP가 {of}, 평균 상자는 {of_mean}입니다."
        f"{' 영상이 적어 확실하지 않습니다.' if few else ''}",
    }


def _add_pictures(examples: dict[str, list[dict[str, Any]]], validation: FrameSplit) -> str | None:
    """Add `key` and `picture`, a data URI, to each example; returns why that cannot be done, or None."""
    shown = [example for kind in examples.values() for example in kind]
    try:
        frames = read_frames(validation, [example["place"] for example in shown])
    except DataError as error:
        return escape_surrogates(str(error))
    for example, frame in zip(shown, frames, strict=True):
        example["key"] = escape_surrogates(frame["key"])
        example["picture"] = encode_data_uri("image/jpeg", frame["image"])
    return None
