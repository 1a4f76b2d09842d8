"""One Ray task: some consecutive videos, from label files and images to rows and cropped records in a spill.

Every annotation becomes a row: kept, or with the reason why not. Pixels never leave the process.
"""

from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple

import msgspec
import numpy as np

from preprocess.cutting.frame import ChangedFrame, Frame, encode_frame
from preprocess.cutting.whole_frame import encode_whole_frame
from preprocess.near_duplicates.within_video import find_duplicates, select_frames
from preprocess.settings import PreprocessSettings
from preprocess.sources.input_fingerprint import Inputs, fingerprint_inputs, read_inputs
from preprocess.sources.video import Video
from preprocess.writing.dry_run_hashes import read_hashed_videos, write_hashed_videos
from preprocess.writing.finished_work import (
    DamagedWork,
    Origin,
    TaskSummary,
    VideoSummary,
    discard_task,
    read_summary,
    write_summary,
)
from preprocess.writing.keyed_order import rank_in_video, shuffle_key
from preprocess.writing.origin_check import confirm_origin, describe_origin, list_contents
from preprocess.writing.spill import RowWithRecord, write_spill
from preprocess.writing.video_frames import VideoFrames, cut_videos
from shards.jpeg_headers import UnreadableImage
from shards.storage.stores.remote_path import AnyPlace


def run_video_task(
    videos: list[Video], settings: PreprocessSettings, folder: AnyPlace, hash_folder: AnyPlace | None = None
) -> TaskSummary:
    """Do a task, or find that it is done.

    Args:
        videos: what to process.
        settings: those of the run. A dry run writes rows, but no records.
        folder: where spills lie; this task's spill is named by the fingerprint of its inputs.
        hash_folder: the folder where a dry run leaves the hashes of frames and the real run finds them.
    """
    inputs = [read_inputs(video) for video in videos]
    name = fingerprint_inputs(inputs, settings.fingerprint())
    finished, damage = _find_finished_task(folder, name, inputs)
    if finished:
        return finished
    result, hashes_damage = _process_videos_with_retry(inputs, settings, hash_folder)
    rows = sorted(result.rows, key=_sort_row)
    summary = write_spill(folder, _summarize_task(name, result, rows), rows, settings)
    return msgspec.structs.replace(summary, damage=damage or hashes_damage)


def _find_finished_task(folder: AnyPlace, name: str, inputs: list[Inputs]) -> tuple[TaskSummary | None, str]:
    """The summary of a task whose work is finished and fits its inputs, else None; and what is damaged about it."""
    try:
        summary = read_summary(folder, name)
    except DamagedWork as error:
        return None, str(error)
    origin = summary and confirm_origin(summary.origin, inputs)
    if not origin:
        return None, ""
    if origin != summary.origin:
        summary = msgspec.structs.replace(summary, origin=origin)
        write_summary(folder, summary)
    return summary, ""


class _TaskResult(NamedTuple):
    """What a task makes of its videos."""

    rows: list[RowWithRecord]
    videos: list[VideoSummary]
    unannotated: int  # images that no annotation names
    repeated: int  # images that lie in an earlier place too
    origin: Origin


def _process_videos_with_retry(
    inputs: list[Inputs], settings: PreprocessSettings, hash_folder: AnyPlace | None
) -> tuple[_TaskResult, str]:
    """The result; and why a dry run's hashes were discarded, if they were.

    They are discarded where they are damaged, or where a frame does not hold the bytes that they were made from. The
    videos are then processed once more from their images; what fails again is an error.
    """
    try:
        return _process_videos(inputs, settings, hash_folder), ""
    except (DamagedWork, ChangedFrame) as error:
        if hash_folder is None:
            raise
        discard_task(hash_folder, fingerprint_inputs(inputs, settings.hash_fingerprint()))
        return _process_videos(inputs, settings, hash_folder), str(error)


def _process_videos(inputs: list[Inputs], settings: PreprocessSettings, hash_folder: AnyPlace | None) -> _TaskResult:
    rows: list[RowWithRecord] = []
    videos: list[VideoSummary] = []
    contents, unannotated = [], 0
    for video in _load_or_cut_videos(inputs, settings, hash_folder):
        contents += list_contents(video.frames)
        unannotated += video.unannotated
        _deduplicate(video.frames, settings)
        rows += _encode_kept_frames(video.frames, settings)
        if video.summary:
            kept = sum(frame.is_kept for frame in video.frames)
            videos.append(msgspec.structs.replace(video.summary, kept=kept))
    return _TaskResult(rows, videos, unannotated, _count_repeated(inputs), describe_origin(inputs, contents))


def _count_repeated(inputs: list[Inputs]) -> int:
    """How many images lie in an earlier place too. Two labels of one video name share their images."""
    images = {found.video.name: found.images.values() for found in inputs}
    return sum(image.others for found in images.values() for image in found)


def _load_or_cut_videos(
    inputs: list[Inputs], settings: PreprocessSettings, hash_folder: AnyPlace | None
) -> Iterable[VideoFrames]:
    """The frames with the hashes of an earlier dry run where it left them, else cut and hashed now.

    A dry run leaves them for the next run.
    """
    if hash_folder is None:
        return cut_videos(inputs, settings)
    name = fingerprint_inputs(inputs, settings.hash_fingerprint())
    found = read_hashed_videos(hash_folder, name, inputs)
    if found and confirm_origin(found[1], inputs):
        return found[0]
    if not settings.dry_run:
        return cut_videos(inputs, settings)
    videos = list(cut_videos(inputs, settings))
    origin = describe_origin(inputs, list_contents(frame for video in videos for frame in video.frames))
    write_hashed_videos(hash_folder, name, videos, origin, settings.hash.bits)
    return videos


def _deduplicate(frames: list[Frame], settings: PreprocessSettings) -> None:
    """Mark a video's near-duplicates and the frames that select.per_video leaves out; their crops are let go."""
    hashed = [frame for frame in frames if frame.candidate]
    duplicates = find_duplicates([frame.candidate for frame in hashed], settings.dedupe)
    for frame, duplicate in zip(hashed, duplicates, strict=True):
        if duplicate:
            row = frame.row
            row.status, row.reason, row.distance = "duplicate", "near_in_video", duplicate.distance
            row.duplicate_of = hashed[duplicate.representative].row.key
            frame.pixels = None
    if settings.select.per_video:
        _select([frame for frame in hashed if frame.is_kept], settings)


def _select(frames: list[Frame], settings: PreprocessSettings) -> None:
    chosen = select_frames([frame.candidate for frame in frames], settings.select.per_video, settings.dedupe)
    for place, frame in enumerate(frames):
        if place not in chosen:
            frame.row.status = "unselected"


def _encode_kept_frames(frames: list[Frame], settings: PreprocessSettings) -> list[RowWithRecord]:
    """All rows of a video, with the records of kept frames unless this is a dry run; the crops are let go."""
    rows = []
    whole_frames = {} if settings.dry_run or not settings.frames.per_video else _encode_whole_frames(frames, settings)
    for frame in frames:
        record = encode_frame(frame, settings) if frame.is_kept and not settings.dry_run else None
        rows.append(RowWithRecord(frame.row, record, whole_frames.get(frame.row.key) if record else None))
        frame.pixels = None
    return rows


def _encode_whole_frames(frames: list[Frame], settings: PreprocessSettings) -> dict[str, bytes]:
    """The records of the first frames.per_video of a video's kept frames by the keyed order, by the frames' keys.

    The choice depends on this video alone: another video can only take some of its frames away, as near-duplicates,
    and never brings in others. Frames whose scan is damaged outside of their crop are passed over.
    """
    kept, most = [frame for frame in frames if frame.is_kept], settings.frames.per_video
    keys = np.array([shuffle_key(frame.row.key, settings.seed) for frame in kept], np.uint64)
    records: dict[str, bytes] = {}
    for place in np.argsort(rank_in_video(keys), kind="stable"):
        if len(records) == most:
            break
        with suppress(UnreadableImage):
            records[kept[place].row.key] = encode_whole_frame(kept[place], settings)
    return records


def _sort_row(item: RowWithRecord) -> tuple[str, int]:
    """The manifest's order: the rows of a repeated video lie among those of the first of its name."""
    number = item.row.frame_number
    return item.row.video, -1 if number is None else number


def _summarize_task(name: str, result: _TaskResult, rows: list[RowWithRecord]) -> TaskSummary:
    return TaskSummary(
        name=name,
        origin=result.origin,
        rows=len(rows),
        counts=dict(Counter(item.row.status for item in rows)),
        reasons=dict(Counter(item.row.reason for item in rows if item.row.status == "rejected")),
        record_bytes=sum(len(item.record or b"") + len(item.whole_frame or b"") for item in rows),
        unannotated_frames=result.unannotated,
        repeated_images=result.repeated,
        videos=result.videos,
    )
