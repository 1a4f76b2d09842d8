"""The CSV of image_path,bbox,labels, one row a frame -> videos; images in one folder are one video.

    image_path,bbox,labels
    cat-arch-000156/frame_0_timestamp_0.jpg,"40,60,100,150",편안/안정

A path is absolute or relative to the CSV's folder, with / or \\ between its parts. A CSV in a store names images of
the same store alike, or by their URLs. A bbox is "y,x,height,width" in
pixels of the stored JPEG; decimals are rounded. A label is a mood as preprocess.sources.label_map reads it. The file is
UTF-8, with or without a byte order mark, or CP949. Other columns are ignored.
"""

import codecs
import csv
import io
import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TextIO

import msgspec

from preprocess.archives.byte_source import name_base
from preprocess.sources.data_file import is_file_named
from preprocess.sources.image_files import stat_image
from preprocess.sources.label_map import Meaning, find_meaning
from preprocess.sources.label_values import InvalidValue, quote_value, read_coordinate, read_text
from preprocess.sources.path_names import decode_name, find_split, name_directories, resolve_written_path
from preprocess.sources.video import Annotation, FrameDirectory, ImageFile, InvalidLabel, Label, SourceListing, Video
from shards.crop_geometry import Box
from shards.errors import CallError, DataError
from shards.storage.files import retry
from shards.storage.places import open_place, read_place_blocks
from shards.storage.stores.remote_files import list_remote_folder
from shards.storage.stores.remote_path import RemotePath, is_store_url, locate, parse_store_url

CSV_KIND = "csv"
CSV_COLUMNS = ("image_path", "bbox", "labels")

_FRAME_NAME = re.compile(r"frame_(\d{1,9})_timestamp_(\d{1,15})\.jpe?g", re.IGNORECASE | re.ASCII)


def is_csv_source(path: str) -> bool:
    return is_file_named(path, (".csv",))


def list_csv_videos(sources: Sequence[tuple[int, str]], label_map: Mapping[str, Meaning]) -> SourceListing:
    """The videos of CSVs, each file given with its number among the sources; images are not looked at.

    A file that is no CSV or lacks a column is one of the problems, and none of its rows is used.
    """
    rows: dict[tuple[int, str | RemotePath], list[bytes]] = defaultdict(list)  # by source and folder of images
    problems = []
    for number, path in sources:
        try:
            for directory, row in _split_rows(path, label_map):
                rows[number, directory].append(row)
        except DataError as error:
            problems.append(str(error))
            rows = defaultdict(list, {key: found for key, found in rows.items() if key[0] != number})
    names = name_directories({_get_path(directory) for _, directory in rows})
    paths = dict(sources)
    videos = [
        _make_video(number, paths[number], directory, names[_get_path(directory)], found)
        for (number, directory), found in rows.items()
    ]
    return SourceListing(videos, sum(map(len, rows.values())), [], [], [], 0, problems)


def list_csv_images(video: Video) -> dict[str, ImageFile]:
    """The images that a video's rows name and that exist, by these names; no file is opened."""
    images: dict[str, ImageFile] = {}
    (directory,) = video.directories
    if isinstance(directory.path, RemotePath):
        return _list_store_images(directory, {name for name, *_ in _decode_rows(video.label_data)})
    folder = retry(lambda: resolve_written_path(b"/", decode_name(directory.path)), directory.path)
    for name, *_ in _decode_rows(video.label_data):
        if name and name not in images:
            path = retry(lambda name=name: resolve_written_path(folder, name), folder)
            relative = unicodedata.normalize("NFC", os.path.normpath(os.path.join(directory.relative, name)))
            if image := stat_image(path, relative):
                images[name] = image
    return images


def _list_store_images(directory: FrameDirectory, names: set[str]) -> dict[str, ImageFile]:
    """The images of these names in a store's folder, or of names that are composed alike; one listing shows them."""
    entries = [entry for entry in list_remote_folder(directory.path) if not entry.is_folder]
    by_name = {unicodedata.normalize("NFC", entry.name): entry for entry in reversed(entries)}
    by_name |= {entry.name: entry for entry in entries}
    images: dict[str, ImageFile] = {}
    for name in sorted(names & by_name.keys()):
        entry = by_name[name]
        relative = unicodedata.normalize("NFC", os.path.normpath(os.path.join(directory.relative, name)))
        images[name] = ImageFile(directory.path / entry.name, relative, entry.size, entry.modified, True)
    return images


def parse_csv_rows(data: bytes) -> Label:
    """A video's rows (its label_data) as a Label.

    The frame numbers are those in names such as frame_6_timestamp_200.jpg. Where one image of the video is named
    otherwise, all are numbered by the order of their names, in which frame_9 comes before frame_10.
    Raises InvalidLabel where there are no rows.
    """
    rows = list(_decode_rows(data))
    if not rows:
        raise InvalidLabel("has no rows")
    numbers = _number_frames({name for name, *_ in rows if name})
    return Label([_make_annotation(numbers, *row) for row in rows])


def _split_rows(path: str, label_map: Mapping[str, Meaning]) -> Iterator[tuple[str | RemotePath, bytes]]:
    """(absolute folder of the image, the rest of the row as _decode_rows reads it) of each row of a CSV."""
    base = _find_base(path)
    meanings: dict[str, Meaning] = {}  # by label, and folders by path: most rows repeat them
    folders: dict[str, str | RemotePath] = {}
    encode = msgspec.json.Encoder().encode
    for image, bbox, label, fault in _read_table(path):
        parent, _, name = image.strip().replace("\\", "/").rpartition("/")
        if is_store_url(image.strip()) and isinstance(base, RemotePath):
            parent, name, fault = _split_url(base, image.strip(), fault)
        if name in ("", ".", "..") or "\0" in image:
            parent = name = ""
        elif not parent and image.lstrip().startswith(("/", "\\")):
            parent = "/"
        if (folder := folders.get(parent)) is None:
            folder = folders[parent] = _find_folder(base, parent)
        if (meaning := meanings.get(label)) is None:
            meaning = meanings[label] = find_meaning(label, label_map) or Meaning(label.strip())
        row = (name, bbox, meaning.mood, fault, meaning.species)
        yield folder, encode(row if meaning.species else row[:4] if fault else row[:3])


def _find_base(path: str) -> str | RemotePath:
    """The folder that a CSV lies in."""
    return parse_store_url(path).parent if is_store_url(path) else os.path.dirname(os.path.abspath(path))


def _find_folder(base: str | RemotePath, written: str) -> str | RemotePath:
    return base.resolve(written) if isinstance(base, RemotePath) else os.path.normpath(os.path.join(base, written))


def _split_url(base: RemotePath, url: str, fault: str) -> tuple[str, str, str]:
    """(folder, name, what is wrong) of an image that a CSV in a store names by its URL."""
    try:
        found = base.resolve(url)
    except (CallError, ValueError) as error:
        return "", url.rpartition("/")[2], fault or f"image_path: {error}"
    return f"/{found.parent.key}", found.name, fault


def _get_path(directory: str | RemotePath) -> str:
    return directory.path if isinstance(directory, RemotePath) else directory


def _decode_rows(data: bytes) -> Iterator[tuple[str, ...]]:
    """(image name, bbox, mood or label) of each row of one video, then what is wrong with it, then the species.

    The last two are left out where there is nothing to say.
    """
    for line in data.split(b"\n"):
        if line:
            yield tuple(msgspec.json.decode(line))


def _read_table(path: str) -> Iterator[tuple[str, str, str, str]]:
    """(image_path, bbox, labels, fault) of each row that is not blank.

    A row with more or fewer values than there are columns, which an unquoted bbox causes, is faulty: only its image
    path is used. Raises DataError where the file is not such a table, OSError, with the file's name, where it cannot be
    read.
    """
    header = ",".join(CSV_COLUMNS)
    try:
        with _open_text(path, _detect_encoding(path)) as file:
            rows = csv.reader(file, strict=True)
            names = [name.strip() for name in next(rows, [])]
            if not names:
                raise DataError(f"{path}: is empty; its first line should be {header}")
            if missing := [name for name in CSV_COLUMNS if name not in names]:
                raise DataError(f"{path}: has no column {', '.join(missing)}; its first line should be {header}")
            image, bbox, label = (names.index(name) for name in CSV_COLUMNS)
            for row in rows:
                if len(row) == len(names):
                    if any(row):
                        yield row[image], row[bbox], row[label], ""
                elif row:
                    fault = f"{len(row)} values instead of {len(names)}: {quote_value(','.join(row))}"
                    yield row[image] if image < len(row) else "", "", "", fault
    except csv.Error as error:
        raise DataError(
            f"{path}: line {rows.line_num}: no CSV ({error}); write it anew, each bbox within quotes"
        ) from error
    except OSError as error:
        error.filename = error.filename or path
        raise


def _open_text(path: str, encoding: str) -> TextIO:
    if is_store_url(path):
        return io.TextIOWrapper(open_place(parse_store_url(path)), encoding, newline="")
    return open(path, encoding=encoding, newline="")


def _detect_encoding(path: str) -> str:
    """UTF-8, or CP949, which Korean Excel writes, where the file is not UTF-8. Raises DataError where it is neither."""
    for encoding in ("utf-8-sig", "cp949"):
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            for block in read_place_blocks(locate(path)):
                decoder.decode(block)
            decoder.decode(b"", final=True)
            return encoding
        except UnicodeDecodeError:
            continue
    raise DataError(f"{path}: is neither UTF-8 nor CP949; save it as UTF-8")


def _make_video(number: int, path: str, directory: str | RemotePath, name: str, rows: list[bytes]) -> Video:
    base = _find_base(path)
    if isinstance(directory, RemotePath):
        relative, label, place = directory.relate(base), parse_store_url(path), directory
    else:
        relative, label = os.path.relpath(directory, base), os.fsencode(os.path.abspath(path))
        place = os.fsencode(directory)
    file = decode_name(name_base(label))
    return Video(
        name=name,
        kind=CSV_KIND,
        source=number,
        label_path=label,
        label_file=file,
        split=find_split(os.path.splitext(file)[0]),
        directories=(FrameDirectory(number, place, decode_name(os.fsencode(relative)), len(rows)),),
        label_data=b"\n".join(rows),
    )


def _number_frames(names: set[str]) -> dict[str, tuple[int, int]]:
    """(frame number, timestamp) of each image name."""
    matches = {name: _FRAME_NAME.fullmatch(name) for name in names}
    if all(matches.values()):
        return {name: (int(match[1]), int(match[2])) for name, match in matches.items()}
    return {name: (place, 0) for place, name in enumerate(sorted(names, key=_make_natural_key))}


def _make_natural_key(name: str) -> list[tuple[int, str]]:
    """A sort key by which numbers in names are in numeric order."""
    pieces = re.findall(r"\d+|\D+", name)
    return [_make_number_key(piece) if piece.isdecimal() else (0, piece) for piece in pieces]


def _make_number_key(digits: str) -> tuple[int, str]:
    digits = digits.lstrip("0") or "0"
    return len(digits), digits


def _make_annotation(
    numbers: dict[str, tuple[int, int]],
    name: str,
    bbox: str,
    label: str,
    fault: str = "",
    species: str | None = None,
) -> Annotation:
    if not name:
        return Annotation(None, None, None, None, read_text(label), fault or "image_path: names no file", species)
    number, timestamp = numbers[name]
    if fault:
        return Annotation(number, timestamp, name, None, None, fault)
    try:
        return Annotation(number, timestamp, name, _read_bbox(bbox), read_text(label), None, species)
    except InvalidValue as error:
        return Annotation(number, timestamp, name, None, read_text(label), str(error), species)


def _read_bbox(text: str) -> Box | None:
    if not text.strip():
        return None
    parts = text.strip().strip("[]()").split(",")
    if len(parts) != 4:
        raise InvalidValue(f"bbox: {quote_value(text)}")
    try:
        y, x, height, width = (read_coordinate(part, "bbox") for part in parts)
    except InvalidValue as error:
        raise InvalidValue(f"bbox: {quote_value(text)}") from error
    return Box(x, y, width, height)
