"""Reads every label and the names of all frames, as the video tasks of a run would, but opens no image.

The rows are those that the run would write, so what is counted here as rejected is what the run would reject. Labels
are read in threads, which is enough: most of the time goes to waiting for the disk, or to parsing, which cannot be
divided within a process. One group of videos for each thread is in memory.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from preprocess.cutting.frame_row import FrameRow
from preprocess.sources.input_fingerprint import read_inputs
from preprocess.sources.task_groups import group_into_tasks
from preprocess.sources.video import SourceListing, Video
from preprocess.writing.finished_work import VideoSummary
from preprocess.writing.video_frames import VideoFrames, open_videos
from shards.emotions import KOREAN

_THREADS = 4
_LABEL_FAULTS = ("label_unreadable", "label_invalid")
_MOST_DOUBLED = 100  # videos whose places are kept; a folder beside its archive would name them all


@dataclass
class FrameTally:
    """Videos, their annotated frames, and those of these that a run would decode, also by split."""

    videos: int = 0
    annotated: int = 0
    usable: int = 0
    usable_by_split: Counter[str] = field(default_factory=Counter)  # `train`, `val`, `open`


@dataclass
class LabelCounts:
    """What the labels say, and how far the frames are there."""

    tables: dict[str, dict[str | None, FrameTally]] = field(default_factory=lambda: defaultdict(dict))
    reasons: Counter[str] = field(default_factory=Counter)  # rows that are rejected before an image is opened
    label_faults: list[tuple[int, str, str, str]] = field(default_factory=list)  # source, label file, reason, note
    annotated: int = 0
    usable: int = 0
    unannotated: int = 0  # frames of labelled videos that no annotation names
    doubled_frames: int = 0  # files of frames that lie in another place too, which is used
    doubled_videos: list[tuple[str, list[str]]] = field(default_factory=list)  # the first of them: name, folders
    summaries: list[VideoSummary] = field(default_factory=list)  # as the split needs them; `kept` are the usable frames

    def add(self, other: "LabelCounts") -> None:
        for column, table in other.tables.items():
            for value, tally in table.items():
                _add_tally(self.tables[column].setdefault(value, FrameTally()), tally)
        self.reasons += other.reasons
        self.label_faults += other.label_faults
        self.summaries += other.summaries
        for name in ("annotated", "usable", "unannotated", "doubled_frames"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.doubled_videos += other.doubled_videos[: _MOST_DOUBLED - len(self.doubled_videos)]


def _add_tally(total: FrameTally, more: FrameTally) -> None:
    total.videos += more.videos
    total.annotated += more.annotated
    total.usable += more.usable
    total.usable_by_split += more.usable_by_split


def count_labels(found: SourceListing, progress: Callable[[int], object]) -> LabelCounts:
    """Read all labels; `progress` is called with the number of labels that were read since its last call.

    Raises DataError where a folder or a label has disappeared since it was listed, OSError for a failure that may pass.
    """
    counts = LabelCounts()
    groups = [group for group in group_into_tasks(found) if group]
    pool = ThreadPoolExecutor(_THREADS)
    try:
        for group, more in zip(groups, pool.map(_count_group, groups), strict=True):
            counts.add(more)
            progress(len(group))
    finally:
        pool.shutdown(cancel_futures=True)  # after Ctrl-C the labels that are waiting are not read
    return counts


def _count_group(videos: Sequence[Video]) -> LabelCounts:
    """The counts of some videos, with all those of one name among them."""
    counts = LabelCounts()
    names: set[str] = set()
    inputs = [read_inputs(video) for video in videos]
    for one, opened in zip(inputs, open_videos(inputs), strict=True):
        _count_video(one.video, opened, counts)
        if one.video.name not in names:
            names.add(one.video.name)
            _count_doubled(one.video, len(one.images), counts)
    return counts


def _count_doubled(video: Video, images: int, counts: LabelCounts) -> None:
    """Count the frames of a video that lie in several of its directories; `images` is their number without doubles."""
    doubled = sum(directory.frames for directory in video.directories) - images
    if len(video.directories) > 1 and doubled > 0:
        counts.doubled_frames += doubled
        counts.doubled_videos.append((video.name, [directory.relative for directory in video.directories]))


def _count_video(video: Video, opened: VideoFrames, counts: LabelCounts) -> None:
    counts.reasons.update(frame.row.reason for frame in opened.frames if frame.row.reason)
    counts.unannotated += opened.unannotated
    first = opened.frames[0].row
    if first.reason in _LABEL_FAULTS:
        counts.label_faults.append((video.source, video.label_file, first.reason, first.note or ""))
        return
    alike = Counter(
        (frame.row.species, frame.row.action, _name_mood(frame.row), frame.is_kept) for frame in opened.frames
    )
    annotated, usable = alike.total(), sum(count for (*_, is_kept), count in alike.items() if is_kept)
    counts.annotated += annotated
    counts.usable += usable
    if opened.summary:
        opened.summary.kept = usable
        counts.summaries.append(opened.summary)
    split = video.split or "open"
    tallies = {("split", split): FrameTally(1, annotated, usable, Counter({split: usable}))}
    for (species, action, mood, is_kept), count in alike.items():
        kept = count * is_kept
        for place in (("species", species), ("action", _name_action(species, action)), ("mood", mood)):
            _add_tally(tallies.setdefault(place, FrameTally(1)), FrameTally(0, count, kept, Counter({split: kept})))
    for (column, value), tally in tallies.items():
        _add_tally(counts.tables[column].setdefault(value, FrameTally()), tally)


def _name_action(species: str | None, action: str | None) -> str | None:
    """The action's code behind the species: CAT and DOG share some codes."""
    return action and " ".join(filter(None, (species, action)))


def _name_mood(row: FrameRow) -> str | None:
    """A mood's Korean name; of a word that is no mood the word itself."""
    return row.emotion_inspect if row.label is None else KOREAN[row.label]
