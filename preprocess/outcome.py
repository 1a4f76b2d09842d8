"""Whether a finished dataset can be trained on and judged by, from its counts; and what to do where it cannot."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

_ONE_VIDEO = "all moods share one video, which cannot be divided: of a CSV, a folder is a video; divide the folder"
_TOO_FEW = (
    "the source has no Training and Validation with frames in both, and too few animals, or videos of one mood, to "
    "divide; name videos of more animals, or others for validation (--valid_source), or raise --split.val_fraction"
)
_EMPTY_TRAINING = (
    "training is empty: all its frames went as copies of other videos'; name more videos, or others for validation "
    "(--valid_source)"
)
# Of rows that are rejected, by reason. What else is rejected is a fault of the labels or images themselves.
_REMEDIES = {
    "emotion_unknown": "--label_map FILE says which mood a label or category means",
    "image_missing": (
        "correct the paths (a CSV's are relative to its folder), or add the folder of the frames as a source"
    ),
}
_OTHER_REMEDY = "give other labels and frames, or correct these"


class Outcome(NamedTuple):
    """What is to be said of a dataset."""

    faults: list[str]  # a split is empty, or a mood that is judged was never shown: no mood model is worth training
    warnings: list[str]


def judge_outcome(counts: dict[str, Any]) -> Outcome:
    """Judge a dataset by the counts that dataset.json states: frames and videos by split and mood, rows by reason."""
    training, validation = counts["splits"]["train"], counts["splits"]["val"]
    taught, checked = list_split_moods(training), list_split_moods(validation)
    faults = []
    if not training["frames"]:
        faults.append(_EMPTY_TRAINING)
    if not validation["frames"]:
        copies, repeated = (counts["reasons"].get(reason, 0) for reason in ("near_across_videos", "video_repeated"))
        is_one = training["videos"] == 1 and not copies  # else the others' frames may all be copies of its frames
        faults.append(explain_empty_validation(is_one and len(taught) > 1, repeated))
    if len(taught) == 1:
        faults.append(
            f"all {training['frames']:,} training frames are {taught[0]}; a model needs two moods (a finder does not)"
        )
    if taught and (missing := [name for name in checked if name not in taught]):
        faults.append(
            f"in validation but without a training frame: {', '.join(missing)}; a model never answers these moods and "
            "is wrong each time; add videos of them, or train on the dataset all the same"
        )
    warnings = []
    if absent := [name for name in training["emotions"] if name not in taught and name not in checked]:
        warnings.append(f"{', '.join(absent)}: without any frame, so a model never answers it")
    for split, found in (("training", training), ("validation", validation)):
        if (shared := _count_shared(found)) and not any(_ONE_VIDEO in fault for fault in faults):
            warnings.append(
                f"{split} has frames of several moods in one video, in up to {shared:,} of its videos; frames of one "
                "video are near-copies: of a CSV, give each video a folder of its own"
            )
    return Outcome(faults, warnings)


def explain_no_frames(sources: Sequence[str], reasons: Counter[str]) -> str:
    """Why nothing can be made of sources whose rows are all rejected, and what to do; `reasons` counts the rows."""
    found = ", ".join(f"{reason} {number}" for reason, number in reasons.most_common()) or "there are no annotations"
    remedy = next((_REMEDIES[reason] for reason, _ in reasons.most_common() if reason in _REMEDIES), _OTHER_REMEDY)
    return f"{', '.join(sources)}: no frame is good enough to keep: {found}; {remedy}"


def explain_empty_validation(is_one_video: bool, repeated: int) -> str:
    """Why no video went to validation, and what to do.

    Copies are no reason: a frame of validation is dropped only for another one.

    Args:
        is_one_video: whether all frames, of several moods, are of one video.
        repeated: rows that are video_repeated, of videos that validation may have been meant to have.
    """
    why = _ONE_VIDEO if is_one_video else _TOO_FEW
    if repeated:
        why += (
            f"; rows of videos with a name that came before are left out: {repeated:,} (video_repeated; the manifest's "
            "note names the file that came first); give each video a name of its own"
        )
    return f"validation is empty, so no model could be judged: {why}"


def list_split_moods(split: dict[str, Any]) -> list[str]:
    """The moods of which a split has frames, from its counts in dataset.json."""
    return [name for name, found in split["emotions"].items() if found["frames"]]


def _count_shared(split: dict[str, Any]) -> int:
    """How many videos have frames of several moods, at most: one with three moods counts twice."""
    return min(split["videos"], sum(found["videos"] for found in split["emotions"].values()) - split["videos"])
