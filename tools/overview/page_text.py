"""Texts and numbers of the overview page: what each reason means, settings, ratios, a logarithmic axis."""

import math
from typing import Any

from shards.emotions import EMOTIONS
from trainer.evaluation.run_page import flatten_settings

# By reason of the manifest: what it means, and what one can do about it.
REASON_TEXTS = {
    "label_unreadable": ("The label file cannot be read or is no JSON.", "Download or copy it again."),
    "label_invalid": ("The label file is JSON, but has no annotations.", "Correct it, or copy it again."),
    "annotation_invalid": (
        "A value in it cannot be used; the note names and shows it.",
        "Correct that value.",
    ),
    "emotion_unknown": (
        "The inspector's mood is none of the six.",
        "Say by --label_map FILE which mood a word means, correct the spelling, or leave the video out.",
    ),
    "video_repeated": ("An earlier label file has the same name.", "Remove the copy, or rename label and frames."),
    "image_missing": (
        "No frame has this number and timestamp.",
        "Give a source that holds this frame, too, or correct its name.",
    ),
    "frame_repeated": ("The label names this frame a second time.", "Nothing: the first one counts."),
    "image_unreadable": ("No JPEG, truncated, or of a kind that is not decoded.", "Download or copy the frame again."),
    "image_size": ("The image has not the size that its label states, or an absurd one.", "Pair them anew."),
    "box_missing": ("The annotation has no box, often because no animal is seen.", "Nothing, or draw one."),
    "box_negative": ("A number of the box is negative.", "Keep what is inside by --box.policy clip, or correct it."),
    "box_empty": ("The box has no width or no height.", "Correct the label."),
    "box_outside": ("The box leaves the image.", "Keep what is inside by --box.policy clip, or correct it."),
    "label_conflict": (
        "Near-duplicates of it carry another mood.",
        "See tools.dedupe_report; --dedupe.conflicts decides.",
    ),
    "near_in_video": ("A near-duplicate of a frame of its video, which stands for it.", "See tools.dedupe_report."),
    "near_across_videos": (
        "A near-duplicate of a frame of another video, which stands for it.",
        "See tools.dedupe_report.",
    ),
    "near_validation": ("A training frame that is near a validation frame; kept, it would be a leak.", "Nothing."),
}

# The same in Korean.
KOREAN_REASON_TEXTS = {
    "label_unreadable": ("라벨 파일을 읽을 수 없거나 JSON이 아닙니다.", "다시 내려받거나 복사하세요."),
    "label_invalid": ("라벨 파일이 JSON이지만 어노테이션이 없습니다.", "바로잡거나 다시 복사하세요."),
    "annotation_invalid": ("쓸 수 없는 값이 있습니다. 비고에 값이 적혀 있습니다.", "그 값을 바로잡으세요."),
    "emotion_unknown": (
        "검수자의 감정이 여섯 가지에 없습니다.",
        "적힌 값이 뜻하는 감정을 --label_map FILE로 지정하거나, 철자를 바로잡거나, 영상을 빼세요.",
    ),
    "video_repeated": ("같은 이름의 라벨 파일이 앞에 있습니다.", "사본을 지우거나 라벨과 프레임의 이름을 바꾸세요."),
    "image_missing": (
        "이 번호와 시각의 프레임이 없습니다.",
        "이 프레임이 있는 원본을 함께 지정하거나 이름을 바로잡으세요.",
    ),
    "frame_repeated": ("라벨이 이 프레임을 두 번 적었습니다.", "할 일이 없습니다. 첫 번째 것을 씁니다."),
    "image_unreadable": ("JPEG가 아니거나 잘렸거나 디코딩하지 않는 형식입니다.", "다시 내려받거나 복사하세요."),
    "image_size": ("이미지 크기가 라벨과 다르거나 터무니없습니다.", "짝을 다시 맞추세요."),
    "box_missing": ("바운딩 박스가 없습니다. 동물이 보이지 않을 때가 많습니다.", "그대로 두거나 직접 그리세요."),
    "box_negative": ("바운딩 박스에 음수가 있습니다.", "--box.policy clip으로 안쪽만 쓰거나 바로잡으세요."),
    "box_empty": ("바운딩 박스의 너비나 높이가 0입니다.", "라벨을 바로잡으세요."),
    "box_outside": ("바운딩 박스가 이미지를 벗어납니다.", "--box.policy clip으로 안쪽만 쓰거나 바로잡으세요."),
    "label_conflict": (
        "유사 중복에 다른 감정이 적혀 있습니다.",
        "tools.dedupe_report를 보세요. --dedupe.conflicts로 정합니다.",
    ),
    "near_in_video": (
        "같은 영상에 있는 프레임의 유사 중복이라, 그 프레임이 대신합니다.",
        "tools.dedupe_report를 보세요.",
    ),
    "near_across_videos": (
        "다른 영상에 있는 프레임의 유사 중복이라, 그 프레임이 대신합니다.",
        "tools.dedupe_report를 보세요.",
    ),
    "near_validation": (
        "검증 프레임의 유사 중복인 학습 프레임입니다. 쓰면 데이터 누수가 됩니다.",
        "할 일이 없습니다.",
    ),
}

# Added to the names of settings that need an explanation.
_SETTING_REMARKS = {"split.val_fraction": " (used only where the source has no split of its own)"}


def describe_settings(settings: dict[str, Any]) -> dict[str, str]:
    """Settings by their dotted names, with values in words for a reader."""
    words = {"true": "yes", "false": "no", "null": "not given"}
    described = {name: words.get(text, text) for name, text in flatten_settings(settings).items()}
    if described.get("select.per_video") == words["null"]:
        described["select.per_video"] = "no limit"
    return {f"{name}{_SETTING_REMARKS.get(name, '')}": text for name, text in described.items()}


def describe_bin(histogram_bin: dict[str, Any]) -> str:
    """The values that belong to a bin, as "3–4"."""
    low, high = histogram_bin["from"], histogram_bin["to"]
    if high is None:
        return f"over {low - 1:,}"
    return f"{low:,}" if low == high else f"{low:,}–{high:,}"


def describe_in_korean(statistics: dict[str, Any]) -> str:
    """The main statistics in Korean sentences."""
    kept, empty = statistics["statuses"]["kept"], statistics["videos_without_frames"]["count"]
    text = (
        f"영상 {statistics['videos']:,}개의 어노테이션 {statistics['rows']:,}개 가운데 {kept:,}개 프레임을 남겼습니다."
    )
    if empty:
        text += f" 영상 {empty:,}개는 남은 프레임이 없습니다."
    if not statistics["splits"]["train"]["rows"]:
        return f"{text} 학습할 프레임이 하나도 남지 않았습니다."
    return f"{text} {_describe_imbalance_in_korean(statistics['imbalance']['train'])}"


def _describe_imbalance_in_korean(imbalance: dict[str, Any]) -> str:
    among = "학습용에 있는 감정" if imbalance["absent"] else "학습용에서 모든 감정"
    if len(imbalance["absent"]) == len(EMOTIONS) - 1:
        return f"학습 프레임의 감정은 모두 {EMOTIONS[imbalance['frames']['most']].korean}입니다."
    if all(imbalance[name]["ratio"] == 1 for name in ("frames", "videos")):
        return f"{among}의 프레임 수와 영상 수는 서로 같습니다."
    told = []
    for name, what in (("frames", "프레임"), ("videos", "영상")):
        measured = imbalance[name]
        common, rare = (EMOTIONS[measured[end]].korean for end in ("most", "least"))
        if measured["ratio"] == 1:
            told.append(f"{what} 수는 서로 같습니다.")
        else:
            ratio = format_ratio(measured["ratio"])
            told.append(f"{what} 수로 가장 흔한 감정은 {common}, 가장 드문 감정은 {rare}이며, 비는 {ratio} 대 1입니다.")
    return f"{among} 가운데 {' '.join(told)}"


def format_ratio(ratio: float) -> str:
    """A ratio to 1: a whole number, with one decimal place below 10."""
    return f"{ratio:.1f}".removesuffix(".0") if ratio < 10 else f"{ratio:,.0f}"


def locate_on_log_axis(count: int, largest: int) -> float:
    """Where a count lies on a logarithmic axis, in percent of its length.

    The axis begins at 0.5, so that the bar of a 1 is visible, and ends at the first power of ten from `largest` on.
    """
    end = 10 ** (len(list_axis_powers(largest)) - 1)
    return 100 * math.log(max(count, 0.5) / 0.5) / math.log(end / 0.5)


def list_axis_powers(largest: int) -> dict[int, str]:
    """The powers of ten from 1 to the first that is at least `largest` (and at least 10), with their labels."""
    last = max(1, len(str(max(largest, 1) - 1)))
    return {10**power: f"{10 ** (power % 3)}{('', ' k', ' M', ' G')[power // 3]}" for power in range(last + 1)}
