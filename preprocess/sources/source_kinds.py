"""The kinds of sources, and the one way to what lies in any of them.

To add a kind, write a module that lists its videos, lists a video's images and parses a label, and add it to
SOURCE_KINDS. Nothing outside this room depends on the kind.
"""

import os
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import NamedTuple

from console.output.counted_nouns import format_count
from preprocess.archives.pieces import PIECE
from preprocess.sources import aihub_label, aihub_tree, csv_rows
from preprocess.sources.data_file import is_file_named
from preprocess.sources.label_map import Meaning, read_label_map
from preprocess.sources.photos import coco_json, photo_video, voc_tree, voc_xml
from preprocess.sources.video import ImageFile, Label, SourceListing, Video
from shards.errors import CallError, DataError
from shards.storage.places import list_place
from shards.storage.stores.remote_path import is_store_url, parse_store_url


class SourceKind(NamedTuple):
    """What a kind of source provides.

    accepts: whether a path is a source of this kind.
    list_videos: the videos of all sources of this kind, given as (number, path), and a label map.
    list_images: a video's images by the keys that its annotations have in `image`; opens none of them.
    parse_label: a video's label from its bytes and its own map; raises UnreadableLabel or InvalidLabel.
    """

    accepts: Callable[[str], bool]
    list_videos: Callable[[Sequence[tuple[int, str]], Mapping[str, Meaning]], SourceListing]
    list_images: Callable[[Video], Mapping[Hashable, ImageFile]]
    parse_label: Callable[[bytes, Mapping[str, Meaning]], Label]


# The first kind that accepts a path is the path's kind.
SOURCE_KINDS = {
    csv_rows.CSV_KIND: SourceKind(
        csv_rows.is_csv_source,
        csv_rows.list_csv_videos,
        csv_rows.list_csv_images,
        lambda data, _: csv_rows.parse_csv_rows(data),  # its labels are looked up while the file is read
    ),
    coco_json.COCO_KIND: SourceKind(
        coco_json.is_coco_source, coco_json.list_coco_videos, photo_video.list_photo_image, coco_json.parse_coco_boxes
    ),
    voc_tree.VOC_KIND: SourceKind(
        voc_tree.is_voc_source, voc_tree.list_voc_tree, photo_video.list_photo_image, voc_xml.parse_voc_xml
    ),
    aihub_tree.AIHUB_KIND: SourceKind(
        aihub_tree.is_aihub_source,
        lambda sources, _: aihub_tree.list_aihub_tree(sources),  # its labels name moods, so they need no map
        aihub_tree.list_aihub_images,
        lambda data, _: aihub_label.parse_aihub_label(data),
    ),
}


def is_source(path: str) -> bool:
    """Whether a path is a source of some kind. What a URL names is found out when it is listed."""
    return is_store_url(path) or _find_kind(path) is not None


def check_sources(sources: Sequence[str]) -> None:
    """Raise CallError unless every source is of some kind, can be read, and is given once."""
    checked: dict[str, str] = {}  # path as given, by real path
    for path in sources:
        if is_store_url(path):
            _check_store(path)
            real_path = str(parse_store_url(path))
            if real_path in checked:
                raise CallError(f"source {path} and source {checked[real_path]} are the same; name each once")
            checked[real_path] = path
            continue
        if _find_kind(path) is None:
            raise CallError(f"source {path} {_explain_no_source(path)}")
        if not os.access(path, os.R_OK | os.X_OK if os.path.isdir(path) else os.R_OK):
            raise CallError(f"source {path} cannot be read; change its permissions or the user")
        real_path = os.path.realpath(path)
        for other_real_path, other in checked.items():
            if is_store_url(other):
                continue
            # A CSV may lie among its frames.
            may_nest = not aihub_tree.is_aihub_source(path) or not aihub_tree.is_aihub_source(other)
            if real_path == other_real_path or (not may_nest and _are_nested(real_path, other_real_path)):
                raise CallError(f"source {path} and source {other} lie in one another; name each folder once")
        checked[real_path] = path


def _check_store(source: str) -> None:
    """Raise CallError where nothing that can be read lies in a store."""
    url = parse_store_url(source)
    if not is_file_named(source, (".csv", ".json", ".zip", ".tar")) and not list_place(url):
        raise CallError(
            f"source {source} holds nothing; give a folder that holds label JSON and frames, a .zip, a .tar, a .csv or "
            "a COCO .json"
        )


def _explain_no_source(path: str) -> str:
    if not os.path.exists(path):
        return "does not exist; give a folder that holds label JSON and frames, a .zip, a .tar, a .csv or a COCO .json"
    if os.path.isfile(path) and (match := PIECE.fullmatch(os.fsencode(os.path.basename(path)))):
        archive = os.fsdecode(match["archive"])
        return f"is one piece of {archive}; give the folder that holds all its pieces, they are read as they lie there"
    return "is not a folder; give a folder that holds label JSON and frames, a .zip, a .tar, a .csv or a COCO .json"


def find_videos(
    sources: Sequence[str], valid_sources: Sequence[str] = (), label_map: str | None = None
) -> SourceListing:
    """Everything that lies in the sources, as list_sources finds it.

    Raises DataError where an archive or a CSV cannot be read, or where there is no label or no frame at all, and
    OSError where a folder cannot be listed.
    """
    found = list_sources(sources, valid_sources, label_map)
    problems = list_problems([*sources, *valid_sources], found)
    if problems:
        others = len(problems) - 1
        more = f" (and {others} more: python -m tools.inventory lists them)" if others else ""
        raise DataError(problems[0] + more)
    return found


def list_problems(sources: Sequence[str], found: SourceListing) -> list[str]:
    """One line for each reason why no dataset can be made of what was found in the sources."""
    missing = [] if found.videos and found.frames else [_explain_missing(sources, found)]
    return found.problems or missing


def list_sources(
    sources: Sequence[str], valid_sources: Sequence[str] = (), label_map: str | None = None
) -> SourceListing:
    """Everything that lies in the sources, which are numbered in this order; videos in the manifest's order.

    With valid_sources, all of their videos are for validation and all other videos for training. Without, the names of
    files and folders decide, or leave the split open. `label_map` is a file, see preprocess.sources.label_map.
    What cannot be read is among the listing's problems. Raises OSError where a folder cannot be listed.
    """
    paths = [*sources, *valid_sources]
    moods = read_label_map(label_map)
    by_kind: dict[str, list[tuple[int, str]]] = {name: [] for name in SOURCE_KINDS}
    for number, path in enumerate(paths):
        # A folder that has disappeared since check_sources has no kind any more: the tree lists it as unreadable.
        by_kind[_find_kind(path) or aihub_tree.AIHUB_KIND].append((number, path))
    found = _merge_listings([SOURCE_KINDS[name].list_videos(numbered, moods) for name, numbered in by_kind.items()])
    videos = found.videos
    if valid_sources:
        videos = [video._replace(split="train" if video.source < len(sources) else "val") for video in videos]
    validation_first = bool(valid_sources) or all(video.kind != aihub_tree.AIHUB_KIND for video in videos)
    return found._replace(videos=_sort_videos(videos, validation_first))


def list_images(video: Video) -> Mapping[Hashable, ImageFile]:
    """The images that a video may have, by the keys that its annotations have in `image`; opens none of them.

    Raises DataError where a folder has disappeared since it was listed, OSError for a failure that may be temporary.
    """
    return SOURCE_KINDS[video.kind].list_images(video)


def parse_label(video: Video, data: bytes) -> Label:
    """A video's label from its bytes. Raises UnreadableLabel, InvalidLabel."""
    return SOURCE_KINDS[video.kind].parse_label(data, video.label_map or {})


def _find_kind(path: str) -> str | None:
    return next((name for name, kind in SOURCE_KINDS.items() if kind.accepts(path)), None)


def _are_nested(path: str, other: str) -> bool:
    return os.path.commonpath([path, other]) in (path, other)


def _merge_listings(listings: Sequence[SourceListing]) -> SourceListing:
    merged = SourceListing([], 0, [], [], [], 0, [])
    for listing in listings:
        merged = SourceListing(*(total + more for total, more in zip(merged, listing, strict=True)))
    return merged


def _sort_videos(videos: Sequence[Video], validation_first: bool) -> list[Video]:
    """Videos in the manifest's order. Of several labels with the same video name, the first one is used later on.

    With `validation_first` that is the one of validation, so that no frame of a validation video is trained on.
    """
    return sorted(
        videos,
        key=lambda video: (
            video.name,
            validation_first and video.split != "val",
            video.source,
            video.label_file,
            video.label_path if isinstance(video.label_path, bytes) else b"",
        ),
    )


def _explain_missing(sources: Sequence[str], found: SourceListing) -> str:
    where = ", ".join(sources)
    archives = f" in folders and {format_count(found.archives, 'archive')}" if found.archives else ""
    noun = "VOC XML" if {video.kind for video in found.videos} == {voc_tree.VOC_KIND} else "label JSON"
    labels, frames = f"{len(found.videos)} {noun}", f"{format_count(found.frames, 'frame')}{archives}"
    if all(map(csv_rows.is_csv_source, sources)):
        return f"{where}: no rows; write one for each frame"
    if all(map(coco_json.is_coco_source, sources)):
        return f"{where}: no images; write them into its list `images`"
    if found.videos and all(video.kind == voc_tree.VOC_KIND for video in found.videos):
        return f"{where}: {len(found.videos)} VOC XML, but no images; give the folder that holds both"
    if found.frames:
        return f"{where}: {frames}, but no label JSON; add the folder of labels as a source"
    if found.videos:
        return f"{where}: {labels}, but no frames; add the folder of frames as a source"
    return f"{where}: no label JSON and no frames{archives}; give the folder that holds them"
