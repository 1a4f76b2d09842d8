import numpy as np
import pytest

from preprocess.settings import PreprocessSettings, SplitSettings
from preprocess.writing.finished_work import VideoSummary
from preprocess.writing.validation_split import split_videos


def video(number: int, split: str | None = None, kept: int = 10, animal: int | None = None, label: int = 0):
    return VideoSummary(f"v{number}", split, label, str(number if animal is None else animal), kept)


def split(videos, fraction=0.1, seed=0):
    return split_videos(videos, PreprocessSettings(["a"], "b", seed=seed, split=SplitSettings(fraction)))


def test_the_sources_own():
    found = split([video(0, "train"), video(1, "val"), video(2, None)])
    assert found.is_val.tolist() == [False, True, False]
    assert "own folders" in found.how and "1 videos outside both" in found.how


def test_a_validation_without_frames_is_none():
    """Its labels are there, its frames are not: then the frames that are there have to be split."""
    found = split([video(n, "train") for n in range(40)] + [video(99, "val", kept=0)])
    assert 1 <= found.is_val.sum() <= 8 and "of 40 animals" in found.how


@pytest.mark.parametrize("fraction", [0.05, 0.1, 0.25, 0.3, 0.45, 0.5])
def test_the_fraction_is_kept(fraction):
    videos = [video(n, label=n % 6) for n in range(600)]
    assert split(videos, fraction).is_val.mean() == pytest.approx(fraction, abs=0.02)


def test_moods_are_in_proportion_and_animals_whole():
    videos = [video(n, animal=n // 3, label=5 if n % 30 < 3 else 3) for n in range(900)]
    is_val = split(videos).is_val
    labels, animals = np.array([v.label for v in videos]), np.array([v.animal for v in videos])
    assert (labels[is_val] == 5).mean() == pytest.approx(0.1, abs=0.03)
    assert not set(animals[is_val]) & set(animals[~is_val])


def test_the_seed_decides():
    videos = [video(n, label=n % 2) for n in range(100)]
    assert (split(videos, seed=1).is_val == split(videos, seed=1).is_val).all()
    assert (split(videos, seed=1).is_val != split(videos, seed=2**32 - 1).is_val).any()


@pytest.mark.parametrize("videos", [[video(n) for n in range(9)], [video(n, label=n % 6) for n in range(12)]])
def test_too_few_say_so(videos):
    found = split(videos)
    assert not found.is_val.any() and "EMPTY" in found.how
