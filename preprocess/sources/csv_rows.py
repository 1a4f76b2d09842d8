"""The student's CSV, a row a frame -> videos; the folder of an image is its video.

    image_path,bbox,labels
    cat-arch-000156/frame_0_timestamp_0.jpg,"40,60,100,150",편안/안정

A path is absolute or relative to the CSV's folder, with / or \\ between its parts; a bbox is "y,x,height,width" in
pixels of the stored JPEG, decimals are rounded; a label is a mood's Korean or English name or a number. Numbers are
those of shards.emotions unless a label map says otherwise. UTF-8, with or without a byte order mark, or CP949. Other
columns are ignored.
"""

import codecs
import csv
import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from preprocess.sources.aihub_label import WrongValue, read_number, read_text, show_value
from preprocess.sources.aihub_tree import look_at_image
from preprocess.sources.path_names import find_split, find_written, write_name
from preprocess.sources.video import Annotation, FrameDirectory, ImageFile, InvalidLabel, Label, SourceListing, Video
from shards.crop_geometry import Box
from shards.emotions import ENGLISH, KOREAN
from shards.errors import CallError, DataError
from shards.storage.files import read_blocks, retry

CSV_COLUMNS = ("image_path", "bbox", "labels")
SUFFIX = ".csv"

_FRAME = re.compile(r"frame_(\d{1,9})_timestamp_(\d{1,15})\.jpe?g", re.IGNORECASE | re.ASCII)
_NUMBER = re.compile(r"(\d{1,9})(?:\.0*)?", re.ASCII)
_MOST_PIXELS = 2**31 - 1


def list_csvs(files: Sequence[tuple[int, str]], label_map: Mapping[str, str]) -> SourceListing:
    """The videos of CSVs, each file with its number among the sources; no image is looked at.

    `label_map` gives for a label as the CSV has it the mood's name.
    Raises DataError where a file is no CSV or lacks a column.
    """
    rows: dict[tuple[int, str], list[bytes]] = defaultdict(list)
    for number, path in files:
        folder = os.path.dirname(os.path.abspath(path))
        for directory, row in _read_rows(path, folder, label_map):
            rows[number, directory].append(row)
    names = _name_directories({directory for _, directory in rows})
    paths = dict(files)
    videos = [
        _make_video(number, paths[number], directory, names[directory], found)
        for (number, directory), found in rows.items()
    ]
    return SourceListing(videos, sum(map(len, rows.values())), [], [], [], 0)


def list_csv_images(video: Video) -> dict[str, ImageFile]:
    """The images that a video's rows name, by those names, as far as they are there; none is opened."""
    images: dict[str, ImageFile] = {}
    (directory,) = video.directories
    place = retry(lambda: find_written(b"/", write_name(directory.path)), directory.path)
    for name, *_ in _parse_rows(video.rows):
        if name and name not in images:
            path = retry(lambda name=name: find_written(place, name), place)
            if image := look_at_image(path, _join(directory.relative, name)):
                images[name] = image
    return images


def parse_rows(data: bytes) -> Label:
    """A video's rows as a Label. Frames are numbered by names such as frame_6_timestamp_200.jpg; where one is called
    otherwise, all by their place among the video's names, frame_9 before frame_10.

    Raises InvalidLabel where there are none.
    """
    rows = list(_parse_rows(data))
    if not rows:
        raise InvalidLabel("has no rows")
    numbers = _number_frames({name for name, *_ in rows if name})
    return Label([_read_row(numbers, *row) for row in rows])


def read_label_map(path: str | None) -> dict[str, str]:
    """What the labels of CSVs mean: a JSON object of label -> mood, or a list of moods, numbered from 0; names are
    Korean or English. Empty without a file.

    Raises CallError where the file is unreadable or names something that is no mood.
    """
    if path is None:
        return {}
    try:
        value = msgspec.json.decode(Path(path).read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise CallError(f"--label_map {path}: {error.strerror}; give a JSON file of label -> mood") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CallError(f"--label_map {path}: is no JSON in UTF-8 ({error}); write it anew") from error
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = {str(label).strip(): find_mood(str(mood), {}) for label, mood in pairs}
    strange = [label for label, mood in found.items() if mood is None]
    if strange or not found:
        what = f"{strange[0]!r} is mapped to no mood" if strange else "is no JSON object of label -> mood"
        raise CallError(f"--label_map {path}: {what}; the moods are {', '.join(KOREAN)}, or {', '.join(ENGLISH)}")
    return found


def find_mood(label: str, label_map: Mapping[str, str]) -> str | None:
    """The Korean name of the mood that a label means; None where it means none."""
    text = "".join(unicodedata.normalize("NFC", label).split())
    if number := _NUMBER.fullmatch(text):  # as pandas writes whole numbers beside missing ones, too: 3.0
        text = number[1]
    if found := label_map.get(text) or label_map.get(label.strip()):
        return found
    if number:
        return None if label_map or int(text) >= len(KOREAN) else KOREAN[int(text)]
    if text in KOREAN:
        return text
    return KOREAN[ENGLISH.index(text.lower())] if text.lower() in ENGLISH else None


def _read_rows(path: str, folder: str, label_map: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
    """(absolute folder of the image, the row as _parse_rows reads it) of each row of a CSV."""
    moods: dict[str, str] = {}
    places: dict[str, str] = {}
    encode = msgspec.json.Encoder().encode
    for image, bbox, label, fault in _read_values(path):
        parent, _, name = image.strip().replace("\\", "/").rpartition("/")
        if name in ("", ".", "..") or "\0" in image:
            parent = name = ""
        elif not parent and image.lstrip().startswith(("/", "\\")):
            parent = "/"
        if (place := places.get(parent)) is None:
            place = places[parent] = os.path.normpath(os.path.join(folder, parent))
        if (mood := moods.get(label)) is None:
            mood = moods[label] = find_mood(label, label_map) or label.strip()
        yield place, encode((name, bbox, mood, fault) if fault else (name, bbox, mood))


def _read_values(path: str) -> Iterator[tuple[str, str, str, str]]:
    """image_path, bbox and labels of each row that is not blank, and why it cannot be used: of a row with more or fewer
    values than there are columns, as one with an unquoted bbox has, only the image's path is believed.

    Raises DataError where there is no such table, OSError, naming the file, where it cannot be read.
    """
    head = ",".join(CSV_COLUMNS)
    try:
        with open(path, encoding=_find_encoding(path), newline="") as file:
            rows = csv.reader(file, strict=True)
            names = [name.strip() for name in next(rows, [])]
            if not names:
                raise DataError(f"{path}: is empty; its first line should be {head}")
            if missing := [name for name in CSV_COLUMNS if name not in names]:
                raise DataError(f"{path}: has no column {', '.join(missing)}; its first line should be {head}")
            image, bbox, label = (names.index(name) for name in CSV_COLUMNS)
            for row in rows:
                if len(row) == len(names):
                    if any(row):
                        yield row[image], row[bbox], row[label], ""
                elif row:
                    fault = f"{len(row)} values instead of {len(names)}: {show_value(','.join(row))}"
                    yield row[image] if image < len(row) else "", "", "", fault
    except csv.Error as error:
        raise DataError(
            f"{path}: line {rows.line_num}: no CSV ({error}); write it anew, each bbox within quotes"
        ) from error
    except OSError as error:
        error.filename = error.filename or path
        raise


def _find_encoding(path: str) -> str:
    """UTF-8, or CP949 where that fails, which Excel in Korea writes. Raises DataError where it is neither."""
    for encoding in ("utf-8-sig", "cp949"):
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            for block in read_blocks(Path(path)):
                decoder.decode(block)
            decoder.decode(b"", final=True)
            return encoding
        except UnicodeDecodeError:
            continue
    raise DataError(f"{path}: is neither UTF-8 nor CP949; save it as UTF-8")


def _name_directories(directories: set[str]) -> dict[str, str]:
    """A name for each folder: its last part, or as many more as tell it from the others."""
    names: dict[str, str] = {}
    groups: dict[str, list[str]] = defaultdict(list)
    for directory in directories:
        groups[_last_parts(directory, 1)].append(directory)
    for alike in groups.values():
        longest = max(directory.count("/") for directory in alike)
        counts = range(1, longest + 2)
        enough = next(n for n in counts if len({_last_parts(path, n) for path in alike}) == len(alike) or n > longest)
        names |= {directory: _last_parts(directory, enough) for directory in alike}
    return names


def _last_parts(directory: str, count: int) -> str:
    parts = write_name(os.fsencode(directory)).strip("/").split("/")
    return "/".join(parts[-count:]) or "."


def _make_video(number: int, path: str, directory: str, name: str, rows: list[bytes]) -> Video:
    folder = os.path.dirname(os.path.abspath(path))
    relative = write_name(os.fsencode(os.path.relpath(directory, folder)))
    return Video(
        name=name,
        source=number,
        label_path=os.fsencode(os.path.abspath(path)),
        label_file=write_name(os.fsencode(os.path.basename(path))),
        split=find_split(Path(path).stem),
        directories=(FrameDirectory(number, os.fsencode(directory), relative, len(rows)),),
        rows=b"\n".join(rows),
    )


def _parse_rows(data: bytes) -> Iterator[tuple[str, ...]]:
    """(name of the image, bbox, mood or label) of each row, as the CSV has them; of a bad one its fault behind them."""
    for line in data.split(b"\n"):
        if line:
            yield tuple(msgspec.json.decode(line))


def _join(relative: str, name: str) -> str:
    return unicodedata.normalize("NFC", os.path.normpath(os.path.join(relative, name)))


def _number_frames(names: set[str]) -> dict[str, tuple[int, int]]:
    """Number and timestamp of each name."""
    matches = {name: _FRAME.fullmatch(name) for name in names}
    if all(matches.values()):
        return {name: (int(match[1]), int(match[2])) for name, match in matches.items()}
    ordered = sorted(names, key=lambda name: [(len(p), p) if p.isdecimal() else (0, p) for p in _split_digits(name)])
    return {name: (place, 0) for place, name in enumerate(ordered)}


def _split_digits(name: str) -> list[str]:
    return [piece.lstrip("0") or "0" if piece.isdecimal() else piece for piece in re.findall(r"\d+|\D+", name)]


def _read_row(
    numbers: dict[str, tuple[int, int]], name: str, bbox: str, label: str, fault: str | None = None
) -> Annotation:
    if not name:
        return Annotation(None, None, None, None, read_text(label), fault or "image_path: names no file")
    number, time = numbers[name]
    if fault:
        return Annotation(number, time, name, None, None, fault)
    try:
        return Annotation(number, time, name, _read_bbox(bbox), read_text(label))
    except WrongValue as wrong:
        return Annotation(number, time, name, None, read_text(label), str(wrong))


def _read_bbox(text: str) -> Box | None:
    if not text.strip():
        return None
    parts: list[Any] = text.strip().strip("[]()").split(",")
    if len(parts) != 4:
        raise WrongValue(f"bbox: {show_value(text)}")
    try:
        y, x, height, width = (round(read_number(part, "bbox", -_MOST_PIXELS, _MOST_PIXELS)) for part in parts)
    except WrongValue as wrong:
        raise WrongValue(f"bbox: {show_value(text)}") from wrong
    return Box(x, y, width, height)
