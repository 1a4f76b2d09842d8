"""The report of a finder's run: pictures with their boxes first, then curves, a verdict, and tables.

Reads metrics.json and, if they exist, history.csv and run.json, and from the validation shards the frames that
metrics.json names. Writes curves.png and report.html, which needs no other file.
"""

from pathlib import Path
from typing import Any

from console.html_page import encode_data_uri
from shards.errors import DataError
from trainer.evaluation import plots, run_page
from trainer.evaluation.run_page import (
    embed_plot,
    escape_surrogates,
    read_run_history,
    read_run_metrics,
    write_run_page,
)
from trainer.finder_evaluation.finder_metrics import FINDER_FIGURES
from trainer.input.frame_split import FrameSplit, read_frames

_TEMPLATE = Path(run_page.__file__).with_name("finder_report.html.jinja")  # beside the page that it extends
_KINDS = {
    "best": ("The best", "가장 잘 찾은"),
    "median": ("In the middle", "중간"),
    "worst": ("The worst", "가장 못 찾은"),
}
_KOREAN_FIGURES = {"ap50": "IoU 0.5의 AP", "ap": "IoU 0.5:0.95의 AP", "mean_iou": "가장 좋은 바운딩 박스의 평균 IoU"}
# What the figures mean, for readers of Korean; metrics.json has it in English.
_KOREAN_MEANINGS = {
    "ap50": "평균 정밀도(재현율에 대한 정밀도의 넓이)입니다. 답한 종과 관계없이 라벨 바운딩 박스와의 IoU가 0.5 "
    "이상이면 찾은 것으로 봅니다.",
    "ap": "IoU 0.5, 0.55 .. 0.95의 평균 정밀도를 평균한 값으로, COCO의 방식입니다.",
    "mean_iou": "프레임마다 점수가 가장 높은 바운딩 박스의 IoU를 평균한 값입니다. 바운딩 박스가 없으면 0으로 봅니다.",
    "species_right": "가장 좋은 바운딩 박스의 IoU가 0.5 이상이고 종이 알려진 프레임 가운데 종을 맞힌 비율입니다.",
    "mean_box": "늘 학습 프레임의 평균 바운딩 박스 하나로 답하는 경우입니다.",
    "intervals": "영상 단위 부트스트랩으로 얻은 95% 구간입니다. 평균 바운딩 박스와의 차이 구간에 0이 없을 때만 낫거나 "
    "못하다고 합니다.",
    "sizes": "바운딩 박스가 사진에서 차지하는 비율의 제곱근으로 나눕니다. 1/4보다 작으면 작음, 1/2 이상이면 큼입니다.",
    "several": "라벨에 바운딩 박스 하나보다 많은 동물이 적힌 프레임입니다. "
    "그 위의 다른 바운딩 박스는 오답으로 세지 않습니다.",
    "selection": "에폭과 min_score를 바로 이 검증 영상으로 골랐으므로 모든 수치가 조금 좋게 나옵니다.",
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
        drawn["curves"] = embed_plot(folder, "curves", plots.draw_curves, history, constant, FINDER_FIGURES)
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
        korean_figures=_KOREAN_FIGURES,
        korean_meanings=_KOREAN_MEANINGS,
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
            "늘 같은 바운딩 박스보다 동물을 더 잘 찾습니다",
        ),
        "loses to": (
            "finds animals worse than a box that is always the same",
            "늘 같은 바운딩 박스보다 동물을 더 못 찾습니다",
        ),
        "unclear": (
            "is not shown to find animals better than a box that is always the same",
            "늘 같은 바운딩 박스보다 동물을 더 잘 찾는다고 할 수 없습니다",
        ),
    }
    english, korean = words[figure["against_mean_box"]]
    few = videos < _FEW_VIDEOS
    return {
        "english": f"On {videos} validation videos the finder {english}: its AP at IoU 0.5 is {of}, that of the mean "
        f"box {of_mean}.{' So few videos say little.' if few else ''}",
        "korean": f"검증 영상 {videos}개에서 이 모델은 {korean}: IoU 0.5의 AP가 {of}, "
        f"평균 바운딩 박스는 {of_mean}입니다."
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
