"""COCO's JSON of images, annotations and categories -> a video for each image.

Images lie in the folder of the JSON, or where COCO and the tools that write its format put them, see _find_folder.
Boxes are cut out of the file by image, so that a task is handed its own photos' boxes alone.
"""

import json
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from preprocess.sources.data_file import is_file_named
from preprocess.sources.label_map import Meaning
from preprocess.sources.label_values import InvalidValue, quote_value, read_text
from preprocess.sources.path_names import decode_name, find_split, resolve_written_path
from preprocess.sources.photos.photo_label import (
    PhotoBox,
    box_between,
    make_photo_label,
    read_photo_coordinate,
    read_photo_side,
)
from preprocess.sources.photos.photo_video import Photo, name_photo, tell_namesakes_apart
from preprocess.sources.video import FrameDirectory, Label, SourceListing, Video
from shards.crop_geometry import Box
from shards.errors import DataError
from shards.storage.files import retry
from shards.storage.places import measure_place, read_place
from shards.storage.stores.remote_path import RemotePath, is_store_url, locate, parse_store_url

COCO_KIND = "coco"

_Id = int | float | str | None
_NULL = msgspec.Raw(b"null")
_STRAY = -1  # place of the image of boxes that belong to none
_SAMPLE = 100  # images that are looked for to find the folder of all
_REMOTE_SAMPLE = 5  # the same in a store, where each folder and image takes a request


class _Image(msgspec.Struct, gc=False):
    id: _Id
    file_name: _Id = None
    width: Any = None
    height: Any = None


class _Annotation(msgspec.Struct, gc=False):
    """A box of an image; `bbox` and `iscrowd` stay JSON, and are looked at where their photo is processed."""

    image_id: _Id = None
    category_id: _Id = None
    bbox: msgspec.Raw = _NULL
    iscrowd: msgspec.Raw = _NULL
    species: Any = None  # a key of tools.to_coco's, not of COCO's


class _Category(msgspec.Struct):
    id: _Id
    name: _Id = None


class _Coco(msgspec.Struct):
    """A file. What is not named here (outlines, licences) is passed over without being built in memory."""

    images: list[_Image]
    annotations: list[_Annotation]
    categories: list[_Category]


def is_coco_source(path: str) -> bool:
    return is_file_named(path, (".json",))


def list_coco_videos(sources: Sequence[tuple[int, str]], label_map: Mapping[str, Meaning]) -> SourceListing:
    """The photos of COCO files, each given with its number among the sources; no image is opened.

    Raises DataError where a file is no COCO JSON, or where two images have one id.
    """
    photos = [photo for number, path in sources for photo in _list_photos(number, path, label_map)]
    frames = sum(place.frames for _, video in photos for place in video.directories)
    return SourceListing(tell_namesakes_apart(photos), frames, [], [], [], 0, [])


def parse_coco_boxes(data: bytes, label_map: Mapping[str, Meaning]) -> Label:
    """One image's boxes (its label_data) as a Label."""
    try:
        width, height, rows = msgspec.json.decode(data)
    except msgspec.ValidationError:  # a number that is too large for any type: all stay text, which is read as numbers
        width, height, rows = json.loads(data, parse_int=str, parse_float=str)
    boxes = [
        _read_box(f"$.annotations[{place}]", *values[:4])._replace(species=values[4] if len(values) > 4 else None)
        for place, *values in rows
    ]
    return make_photo_label(boxes, (read_photo_side(width), read_photo_side(height)), label_map)


def _read_box(path: str, stray: str | None, category: str | None, bbox: Any, iscrowd: Any) -> PhotoBox:
    """A box; `stray` is the image_id as a message quotes it where no image has it."""
    if stray:
        return PhotoBox(None, None, f"{path}.image_id: {stray} is the id of no image")
    try:
        box = _read_bbox(bbox, f"{path}.bbox")
    except InvalidValue as error:
        return PhotoBox(category, None, str(error))
    if iscrowd not in (None, 0, "0", ""):  # False is 0
        return PhotoBox(category, box, f"{path}.iscrowd: {quote_value(iscrowd)}: the box is around several animals")
    return PhotoBox(category, box, None if category else f"{path}.category_id: null")


def _read_bbox(value: Any, path: str) -> Box | None:
    if value is None or value == []:
        return None
    if not isinstance(value, list) or len(value) != 4:
        raise InvalidValue(f"{path}: {quote_value(value)}")
    if None in value:
        return None
    x, y, width, height = (read_photo_coordinate(number, f"{path}[{place}]") for place, number in enumerate(value))
    return box_between(x, y, x + width, y + height)


def _list_photos(number: int, path: str, label_map: Mapping[str, Meaning]) -> Iterator[Photo]:
    """A photo for each image file, and one without an image for the annotations that belong to none."""
    coco = _read_coco(path)
    files: dict[str, int] = {}  # place of the first image by file name: a file may be listed twice, with two ids
    places = {image.id: files.setdefault(_name_file(image, n), n) for n, image in enumerate(coco.images)}
    boxes = _gather_boxes(coco, places)
    own = parse_store_url(path) if is_store_url(path) else os.path.abspath(path)
    folder = _find_folder(own, list(files))
    common = folder.path if isinstance(folder, RemotePath) else folder
    start = _start_video(number, own, label_map)
    for name, place in files.items():
        yield Photo(common, _make_video(start, folder, name, coco.images[place], boxes.get(place, ())))
    if strays := boxes.get(_STRAY):
        yield Photo(common, start._replace(label_data=_join_boxes(_Image(None), strays)))


def _read_coco(path: str) -> _Coco:
    advice = "give a COCO JSON of images, annotations and categories, or the folder that holds other labels"
    try:
        data = read_place(locate(path))
        coco = msgspec.json.decode(data[3:] if data.startswith(b"\xef\xbb\xbf") else data, type=_Coco)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DataError(f"{path}: is no COCO JSON ({error}); {advice}") from error
    ids = {image.id: place for place, image in enumerate(coco.images)}
    for place, image in enumerate(coco.images):
        if ids[image.id] != place:
            again = f"$.images[{place}] and $.images[{ids[image.id]}] both have the id {quote_value(image.id)}"
            raise DataError(f"{path}: {again}, so it is not known whose the boxes are; give each image its own id")
    return coco


def _gather_boxes(coco: _Coco, places: Mapping[_Id, int]) -> dict[int, list[bytes]]:
    """Boxes as JSON, [place, stray, category, bbox, iscrowd], by the place of their image, see _read_box.

    The species follows where it is stated.

    `places` are the images' by their ids. The raw JSON of a box is copied as it is.
    """
    names = {category.id: read_text(category.name) or f"category_id {category.id}" for category in coco.categories}
    encode = msgspec.json.Encoder().encode
    boxes: dict[int, list[bytes]] = defaultdict(list)
    for place, found in enumerate(coco.annotations):
        image = _STRAY if found.image_id is None else places.get(found.image_id, _STRAY)
        category = None
        if found.category_id is not None:  # with a word: the number alone could be taken for that of a mood
            category = names.get(found.category_id, f"category_id {found.category_id}")
        stray = quote_value(found.image_id) if image == _STRAY else None
        species = (found.species,) if found.species in ("CAT", "DOG") else ()
        boxes[image].append(encode((place, stray, category, found.bbox, found.iscrowd, *species)))
    return boxes


def _join_boxes(image: _Image, boxes: Sequence[bytes]) -> bytes:
    sides = b",".join(msgspec.json.encode(side) for side in (image.width, image.height))
    return b"[" + sides + b",[" + b",".join(boxes) + b"]]"


def _start_video(number: int, path: str | RemotePath, label_map: Mapping[str, Meaning]) -> Video:
    """What the videos of one file share. It is named after the file, as the one is whose boxes belong to no image."""
    base = path.name if isinstance(path, RemotePath) else os.path.basename(path)
    return Video(
        name=decode_name(os.fsencode(base[: -len(".json")])),
        kind=COCO_KIND,
        source=number,
        label_path=path if isinstance(path, RemotePath) else os.fsencode(path),
        label_file=decode_name(os.fsencode(base)),
        split=find_split(base[: -len(".json")]),
        directories=(),
        label_map=label_map,
    )


def _make_video(start: Video, folder: str | RemotePath, name: str, image: _Image, boxes: Sequence[bytes]) -> Video:
    if isinstance(folder, RemotePath):
        file = folder.resolve(name)
        inside, relative = (decode_name(file.relate(base).encode()) for base in (folder, start.label_path.parent))
    else:
        file = os.path.normpath(os.path.join(os.fsencode(folder), name.encode()))
        inside = decode_name(os.path.relpath(file, os.fsencode(folder)))
        relative = decode_name(os.path.relpath(file, os.path.dirname(start.label_path)))
    return start._replace(
        name=name_photo(inside),
        label_data=_join_boxes(image, boxes),
        split=find_split(os.path.dirname(inside)) or start.split or find_split(_name_folder(folder)),
        directories=(FrameDirectory(start.source, file, relative, max(1, len(boxes))),),
    )


def _name_file(image: _Image, place: int) -> str:
    """The image's path with / between its parts; where it states none that a file can have, one that no file has."""
    name = os.path.normpath(("" if image.file_name is None else str(image.file_name)).strip().replace("\\", "/"))
    is_possible = "\0" not in name and os.path.basename(name) not in ("", ".", "..")
    return name if is_possible else f"images[{place}]"


def _name_folder(folder: str | RemotePath) -> str:
    return folder.name if isinstance(folder, RemotePath) else os.path.basename(folder)


def _find_folder(path: str | RemotePath, names: Sequence[str]) -> str | RemotePath:
    """The folder that file names are relative to, absolute: the first that holds one of `names`, else the JSON's own.

    For annotations/instances_train2017.json these are annotations, annotations/images, the folder above, its images,
    and its train2017 and images/train2017.
    """
    own = path.parent if isinstance(path, RemotePath) else os.path.dirname(path)
    above = own.parent if isinstance(own, RemotePath) else os.path.dirname(own)
    word = os.path.splitext(_name_folder(path))[0].rpartition("_")[2]
    folders = [_go(own, ""), _go(own, "images"), *(_go(above, way) for way in ("", "images", word, f"images/{word}"))]
    names = names[: _REMOTE_SAMPLE if isinstance(path, RemotePath) else _SAMPLE]
    return next((folder for folder in folders if any(_is_there(folder, name) for name in names)), own)


def _go(place: str | RemotePath, way: str) -> str | RemotePath:
    if isinstance(place, RemotePath):
        return place.resolve(way)
    return f"{place}/{way}" if way else place


def _is_there(folder: str | RemotePath, name: str) -> bool:
    if isinstance(folder, RemotePath):
        return measure_place(folder.resolve(name)) is not None
    root = os.fsencode(folder)
    return os.path.isfile(retry(lambda: resolve_written_path(root, name), root))
