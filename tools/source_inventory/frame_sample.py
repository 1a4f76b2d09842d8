"""Cuts some real frames, spread over the videos, as a video task does, to tell how long a run would take here.

They are cut in a process of its own, as a run's are, which imports no more than a worker does.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from preprocess.cutting.frame import cut_frames, encode_frame
from preprocess.cutting.jpeg_window import TOGETHER
from preprocess.settings import PreprocessSettings
from preprocess.sources.input_fingerprint import read_inputs
from preprocess.sources.video import Video
from preprocess.writing.video_frames import open_videos
from tools.source_inventory.worker_pool import open_workers

SAMPLED_FRAMES = 66
_MOST_VIDEOS = SAMPLED_FRAMES // TOGETHER  # so that frames are decoded side by side, as a video task does it


@dataclass
class SampleTiming:
    """What became of sampled frames, and how long they took."""

    cut: int = 0  # frames that were read, cut, hashed and encoded again
    seconds: float = 0.0  # for all of them, on one core
    rejected: list[str] = field(default_factory=list)  # their files, and why
    reasons: Counter[str] = field(default_factory=Counter)  # of these

    @property
    def frames(self) -> int:
        return self.cut + len(self.rejected)

    @property
    def seconds_per_frame(self) -> float | None:
        """None where no frame could be cut."""
        return self.seconds / self.frames if self.cut else None

    def add(self, other: "SampleTiming") -> None:
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


def choose_videos(videos: Sequence[Video]) -> list[Video]:
    """The videos to take frames of, at even distances."""
    return _spread([video for video in videos if video.directories], _MOST_VIDEOS)


def count_sampled(videos: Sequence[Video]) -> int:
    """How many frames are sampled of these videos, at most."""
    return sum(min(_count_each(videos), sum(place.frames for place in video.directories)) for video in videos)


def time_sample(
    videos: Sequence[Video], settings: PreprocessSettings, progress: Callable[[int], object]
) -> SampleTiming:
    """Read, cut, hash and encode up to SAMPLED_FRAMES usable frames. `progress` is called after each video with the
    number of its frames.

    Raises as preprocess.cutting.frame.cut_frames does, and DataError where the process dies.
    """
    timing = SampleTiming()
    if not videos:
        return timing
    count = _count_each(videos)
    with open_workers(1, settings) as pool:
        calls = [(video, count, settings) for video in videos]
        for found in pool.map(cut_sampled_frames, *zip(*calls, strict=True)):
            timing.add(found)
            progress(found.frames)
    return timing


def _count_each(videos: Sequence[Video]) -> int:
    """How many frames are taken of each video."""
    return -(-SAMPLED_FRAMES // max(1, len(videos)))


def cut_sampled_frames(video: Video, count: int, settings: PreprocessSettings) -> SampleTiming:
    """Do with `count` usable frames of a video, at even distances, what a video task does with those that it keeps."""
    (opened,) = open_videos([read_inputs(video)])
    chosen = _spread([frame for frame in opened.frames if frame.is_kept], count)
    start = time.perf_counter()
    cut_frames(chosen, settings)
    for frame in chosen:
        if frame.is_kept:
            encode_frame(frame, settings)
    timing = SampleTiming(seconds=time.perf_counter() - start)
    for frame in chosen:
        if frame.is_kept:
            timing.cut += 1
        else:
            timing.reasons[frame.row.reason] += 1
            why = f" ({frame.row.note})" if frame.row.note else ""
            timing.rejected.append(f"{frame.row.image_file}: {frame.row.reason}{why}")
    return timing


def _spread(items: Sequence, count: int) -> list:
    """At most `count` items at even distances."""
    step = max(1.0, len(items) / count)
    return [items[int(place * step)] for place in range(min(count, len(items)))]
