"""The verdict on a run in two plain sentences, in English and in Korean.

The first says whether the model is better than one constant answer, every mood counting alike; the second how often it
is right where moods are as common as in training. Both follow from the intervals in metrics.json. The headline has the
two figures that a run prints when it ends, both under equal priors.
"""

from typing import Any, NamedTuple

from console.html_page import format_interval, format_percent, format_value
from console.output.counted_nouns import format_count
from shards.emotions import EMOTIONS, ENGLISH

_ENGLISH_F1 = {
    "beats": "Better than always answering {mood}",
    "loses to": "Worse than always answering {mood}",
    "unclear": "{videos}: too few to say whether this is better than always answering {mood}",
}
_KOREAN_F1 = {
    "beats": "항상 ‘{korean}’ 하나만 답하는 것보다 낫습니다",
    "loses to": "항상 ‘{korean}’ 하나만 답하는 것보다 못합니다",
    "unclear": "검증 영상이 {n_videos}개뿐이라, 항상 ‘{korean}’ 하나만 답하는 것보다 나은지 말할 수 없습니다",
}
_ENGLISH_ACCURACY = {
    "beats": "more often than that one answer, which is right in {constant}",
    "loses to": "less often than that one answer, which is right in {constant}",
    "unclear": "and that one answer in {constant}; with {videos} the difference may be chance",
}
_KOREAN_ACCURACY = {
    "beats": "그 한 가지 답({constant})보다 자주 맞힙니다",
    "loses to": "그 한 가지 답({constant})보다 덜 맞힙니다",
    "unclear": "그 한 가지 답은 {constant}인데, 영상 {n_videos}개로는 우연한 차이일 수 있습니다",
}


class PlainVerdict(NamedTuple):
    """The verdict, and a headline that says it in one line."""

    english: str
    korean: str
    headline: str
    korean_headline: str


def word_verdict(evaluation: dict[str, Any]) -> PlainVerdict:
    """Word the `evaluation` of metrics.json: what holds for the validation frames, its intervals over their videos."""
    frames = evaluation["frames"]
    macro_f1, accuracy = frames["equal_priors"]["macro_f1"], frames["natural_prior"]["accuracy"]
    told, told_accuracy = format_value(macro_f1["value"]), format_value(frames["equal_priors"]["accuracy"]["value"])
    emotion = EMOTIONS[ENGLISH.index(frames["equal_priors"]["majority"])]
    words = {
        "mood": f"{emotion.english} ({emotion.korean})",
        "korean": emotion.korean,
        "videos": format_count(frames["videos"], "validation video"),
        "n_videos": f"{frames['videos']:,}",
        "value": f"{format_value(macro_f1['value'])} {format_interval(macro_f1['interval'])}".rstrip(),
        "majority": format_value(macro_f1["majority"]),
        "right": format_percent(accuracy["value"]),
        "figures": f"macro-F1 {told}, accuracy {told_accuracy}",
        "korean_figures": f"macro-F1 {told}, 정확도 {told_accuracy}",
        "constant": format_percent(accuracy["majority"]),
    }
    english = (
        f"{_ENGLISH_F1[macro_f1['against_majority']]}: macro-F1, in which every mood counts alike, is {{value}} on "
        f"{{videos}}, that of the one answer {{majority}}. Where moods are as common as in training (natural prior), "
        f"it is right in {{right}} of the frames, {_ENGLISH_ACCURACY[accuracy['against_majority']]}."
    )
    korean = (
        f"{_KOREAN_F1[macro_f1['against_majority']]}: 모든 감정을 똑같이 치는 macro-F1이 검증 영상 {{n_videos}}개에서 "
        f"{{value}}, 한 가지 답은 {{majority}}입니다. 감정이 학습 영상에서만큼 흔하다고 볼 때"
        "(학습 비율 사전 확률) "
        f"프레임의 {{right}}를 맞히며, {_KOREAN_ACCURACY[accuracy['against_majority']]}."
    )
    better, better_in_korean = (texts[macro_f1["against_majority"]] for texts in (_ENGLISH_F1, _KOREAN_F1))
    headline = f"{better}; {{figures}} of the validation frames (equal priors)."
    korean_headline = f"{better_in_korean}. 검증 프레임의 {{korean_figures}}입니다(균등 사전 확률)."
    return PlainVerdict(*(text.format(**words) for text in (english, korean, headline, korean_headline)))
