"""Whether a finished dataset can be trained on and judged by, from its counts; and what to do where it cannot."""

from typing import Any, NamedTuple

_MORE_VIDEOS = "name more videos, or others for validation (--valid_source)"
ONE_VIDEO = "all moods share one video, which cannot be divided: of a CSV, a folder is a video; divide the folder"


class Outcome(NamedTuple):
    """What is to be said of a dataset."""

    faults: list[str]  # a split is empty, or a mood that is judged was never shown: no mood model is worth training
    warnings: list[str]


def judge_outcome(counts: dict[str, Any]) -> Outcome:
    """Judge a dataset by the counts that dataset.json states: frames and videos by split and mood, rows by reason."""
    training, validation = counts["splits"]["train"], counts["splits"]["val"]
    taught, checked = _list_moods(training), _list_moods(validation)
    faults = []
    if not training["frames"]:
        faults.append(f"training is empty: {_explain_empty(validation, counts)}")
    if not validation["frames"]:
        faults.append(f"validation is empty, so no model could be judged: {_explain_empty(training, counts)}")
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
        if (shared := _count_shared(found)) and not any(ONE_VIDEO in fault for fault in faults):
            warnings.append(
                f"{split} has frames of several moods in one video, in up to {shared:,} of its videos; frames of one "
                "video are near-copies: of a CSV, give each video a folder of its own"
            )
    return Outcome(faults, warnings)


def _explain_empty(other: dict[str, Any], counts: dict[str, Any]) -> str:
    """Why a split is empty, if the `other` has all frames, and what to do."""
    if repeated := counts["reasons"].get("video_repeated"):
        return (
            f"{repeated:,} rows are of videos with a name that came before (video_repeated; the manifest's note names "
            "the file that came first); give each video a name of its own"
        )
    if copies := counts["reasons"].get("near_validation", 0) + counts["reasons"].get("near_across_videos", 0):
        return f"{copies:,} frames went as copies of other videos'; {_MORE_VIDEOS}"
    if other["videos"] == 1 and len(_list_moods(other)) > 1:
        return ONE_VIDEO
    return f"too few videos to divide by animal: {other['videos']:,}; raise --split.val_fraction, or {_MORE_VIDEOS}"


def _list_moods(split: dict[str, Any]) -> list[str]:
    return [name for name, found in split["emotions"].items() if found["frames"]]


def _count_shared(split: dict[str, Any]) -> int:
    """How many videos have frames of several moods, at most: one with three moods counts twice."""
    return min(split["videos"], sum(found["videos"] for found in split["emotions"].values()) - split["videos"])
