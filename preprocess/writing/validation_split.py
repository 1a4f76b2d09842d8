"""The validation split: as the source's folders say, else random animals, with the moods in proportion."""

import warnings
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from console.output.counted_nouns import format_count
from preprocess.settings import PreprocessSettings
from preprocess.writing.finished_work import VideoSummary
from shards.errors import DataError

_MAX_FOLDS = 20


class VideoSplit(NamedTuple):
    is_val: np.ndarray  # (videos,) bool
    how: str  # one sentence for the user on how the videos were split


def split_videos(videos: Sequence[VideoSummary], settings: PreprocessSettings) -> VideoSplit:
    """Take the source's own Training and Validation where both have frames to keep, else split by animal.

    Raises DataError where settings.valid_source is given and one split has no frames to keep.
    """
    own = {video.split for video in videos if video.kept}
    if settings.valid_source and len(own) < 2:
        empty, sources = ("validation", "valid_source") if own == {"train"} else ("training", "source")
        raise DataError(
            f"{', '.join(getattr(settings, sources))}: nothing of it is left for {empty}: its rows are rejected, or in "
            "folders that validation names too (video_repeated). Frames of one folder are near-duplicates, so divide "
            "folders, not rows"
        )
    if {"train", "val"} <= own:
        strays = sum(video.split is None for video in videos)
        extra = f"; {strays} videos outside both went to train" if strays else ""
        return VideoSplit(
            np.array([video.split == "val" for video in videos]), f"as the source's own folders say{extra}"
        )
    return _split_animals(videos, settings)


def can_divide(videos: Sequence[VideoSummary], settings: PreprocessSettings) -> bool:
    """Whether validation gets any of these videos: as the source says, or enough animals and videos of one mood.

    Fewer videos, or fewer frames of them, never make of a no a yes.
    """
    usable = [video for video in videos if video.kept]
    if {"train", "val"} <= {video.split for video in usable}:
        return True
    animals, of_one_mood = {video.animal for video in usable}, Counter(video.label for video in usable)
    return min(len(animals), max(of_one_mood.values(), default=0)) >= _choose_part(settings).denominator


def _choose_part(settings: PreprocessSettings) -> Fraction:
    return max(Fraction(settings.split.val_fraction).limit_denominator(_MAX_FOLDS), Fraction(1, _MAX_FOLDS))


def _split_animals(videos: Sequence[VideoSummary], settings: PreprocessSettings) -> VideoSplit:
    """Take k of n folds for validation, where k / n is val_fraction. Folds hold whole animals, stratified by mood.

    Every video counts once, however many frames it has. Where there are too few animals, validation is empty.
    """
    is_val, part = np.zeros(len(videos), bool), _choose_part(settings)
    usable = np.array([i for i, video in enumerate(videos) if video.kept])
    animals, labels = [videos[i].animal for i in usable], [videos[i].label for i in usable]
    found = f"{format_count(len(set(animals)), 'animal')}, {format_count(len(usable), 'video')}"
    if not can_divide(videos, settings):
        return VideoSplit(
            is_val,
            "validation is EMPTY: the source has no Training and Validation with frames in both, and too few animals, "
            f"or videos of one mood, to take {part} of {found}",
        )
    from sklearn.model_selection import StratifiedGroupKFold  # takes a second, and AI Hub's data has its own split

    folds = StratifiedGroupKFold(n_splits=part.denominator, shuffle=True, random_state=settings.seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # moods with fewer videos than folds
        chosen = [val for _, val in folds.split(labels, labels, animals)][: part.numerator]
    is_val[usable[np.concatenate(chosen)]] = True
    return VideoSplit(is_val, f"{part} of {found}: whole animals, moods in proportion, seed {settings.seed}")
