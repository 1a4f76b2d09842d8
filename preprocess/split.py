"""Which videos are for validation: what the source says, else whole animals at random, moods in proportion."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from preprocess.settings import Settings
from preprocess.spill import VideoSummary


class Split(NamedTuple):
    """For each video whether it is for validation, and in one sentence how that was decided."""

    is_val: np.ndarray  # bool
    how: str


def split_videos(videos: Sequence[VideoSummary], settings: Settings) -> Split:
    """The source's own Training and Validation where it has both, else a seeded split by animal."""
    own = {video.split for video in videos}
    if {"train", "val"} <= own:
        strays = sum(video.split is None for video in videos)
        extra = f"; {strays} videos outside both went to train" if strays else ""
        return Split(np.array([video.split == "val" for video in videos]), f"as the source's own folders say{extra}")
    return _split_animals(videos, settings)


def _split_animals(videos: Sequence[VideoSummary], settings: Settings) -> Split:
    """One of 1/val_fraction folds of animals, stratified by mood, one row a video."""
    nothing = np.zeros(len(videos), bool)
    folds = max(2, round(1 / settings.split.val_fraction))
    usable = np.array([i for i, video in enumerate(videos) if video.kept])
    animals = [videos[i].animal for i in usable]
    found = len(set(animals))
    if found < folds:
        return Split(
            nothing,
            f"validation is EMPTY: the source has no Training and Validation, and {found} animals are too few to take "
            f"1 in {folds}; raise --split.val_fraction or name your own folders so",
        )
    labels = [videos[i].label for i in usable]
    kfold = StratifiedGroupKFold(n_splits=folds, shuffle=True, random_state=settings.seed)
    _, chosen = next(kfold.split(labels, labels, animals))
    nothing[usable[chosen]] = True
    return Split(nothing, f"1 in {folds} of {found} animals, moods in proportion, seed {settings.seed}")
