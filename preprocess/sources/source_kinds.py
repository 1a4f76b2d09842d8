"""The kinds of sources under one door: which one a path is, what lies in it, and how its videos are read."""

import os
from collections.abc import Hashable, Sequence

from preprocess.sources import aihub_label, aihub_tree, csv_rows
from preprocess.sources.video import Label, SourceListing, Video, order_videos
from shards.errors import CallError, DataError


def check_sources(sources: Sequence[str]) -> None:
    """Raise CallError unless every source is a folder or a CSV that can be read, named once."""
    seen: dict[str, str] = {}
    for path in sources:
        if not os.path.isdir(path) and not _is_csv(path):
            what = "is not a folder" if os.path.exists(path) else "does not exist"
            raise CallError(f"source {path} {what}; give a folder that holds label JSON and frames, or a .csv")
        if not os.access(path, os.R_OK if _is_csv(path) else os.R_OK | os.X_OK):
            raise CallError(f"source {path} cannot be read; change its permissions or the user")
        here = os.path.realpath(path)
        for there, other in seen.items():
            if here == there or (_lie_in_one_another(here, there) and not _is_csv(path) and not _is_csv(other)):
                raise CallError(f"source {path} and source {other} lie in one another; name each folder once")
        seen[here] = path


def find_videos(
    sources: Sequence[str], valid_sources: Sequence[str] = (), label_map: str | None = None
) -> SourceListing:
    """What lies in the sources, which are numbered in this order.

    Where there are valid_sources, all of these is for validation and all of the others for training, whatever their
    folders are called; else the sources' own names say it, or nothing.
    Raises DataError where there is no label, or no frame, at all; OSError where a folder cannot be listed.
    """
    numbered = list(enumerate([*sources, *valid_sources]))
    csvs = [(number, path) for number, path in numbered if _is_csv(path)]
    tree = aihub_tree.list_tree([pair for pair in numbered if pair not in csvs])
    rows = csv_rows.list_csvs(csvs, csv_rows.read_label_map(label_map))
    found = SourceListing(*(one + two for one, two in zip(tree, rows, strict=True)))
    if not found.videos or not found.frames:
        raise DataError(_explain_nothing([path for _, path in numbered], found))
    videos = found.videos
    if valid_sources:
        videos = [video._replace(split="train" if video.source < len(sources) else "val") for video in videos]
    val_first = bool(valid_sources) or not tree.videos
    return found._replace(videos=order_videos(videos, val_first))


def list_images(video: Video) -> dict[Hashable, ImageFile]:
    """The images that a video may have, by what its annotations call them; none is opened.

    Raises DataError where a folder has gone since it was listed, OSError for a reason that may pass.
    """
    return aihub_tree.list_tree_images(video) if video.rows is None else csv_rows.list_csv_images(video)


def parse_label(video: Video, data: bytes) -> Label:
    """A video's label from its bytes. Raises UnreadableLabel, InvalidLabel."""
    return aihub_label.parse_aihub_label(data) if video.rows is None else csv_rows.parse_rows(data)


def _is_csv(path: str) -> bool:
    return path.lower().endswith(csv_rows.SUFFIX) and os.path.isfile(path)


def _lie_in_one_another(one: str, other: str) -> bool:
    return os.path.commonpath([one, other]) in (one, other)


def _explain_nothing(sources: Sequence[str], found: SourceListing) -> str:
    where = ", ".join(sources)
    labels, frames = f"{len(found.videos)} label JSON", f"{found.frames} frames"
    if found.archives:
        return f"{where}: {labels}, {frames}, {found.archives} archives (.zip, .part); unpack them and run again"
    if all(map(_is_csv, sources)):
        return f"{where}: no rows; write one for each frame"
    if found.frames:
        return f"{where}: {frames}, but no label JSON; add the folder of labels as a source"
    if found.videos:
        return f"{where}: {labels}, but no frames; add the folder of frames as a source"
    return f"{where}: no label JSON and no frames; give the folder that holds them"
