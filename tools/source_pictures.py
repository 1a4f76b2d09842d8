"""Thumbnails for pages: kept frames as the shards have them, all others cut again from their source by the same code.

A picture that cannot be had is None, never an error: a page is worth reading without it. `Pictures.reasons` says why.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import cv2
import numpy as np

from preprocess.output_folder import dry_run
from preprocess.output_folder.run_log import read_log
from preprocess.sources.path_names import resolve_written_path
from shards import dataset, manifest
from shards.crop_geometry import Box, Crop
from shards.dataset import Dataset, read_dataset
from shards.errors import CallError, DataError
from shards.jpeg_headers import MAX_FRAME_PIXELS, Header, UnreadableImage, read_header
from shards.record_reader import RecordReader
from shards.storage.files import hash_file, read_file
from shards.tfrecord import DamagedRecord
from trainer.tensorflow_startup import without_notes

# Of a row of the manifest, what a picture of it needs.
PICTURE_COLUMNS = ("key", "source", "image_file", "width", "height", "status", "shard", "offset")
PICTURE_COLUMNS += ("crop_x", "crop_y", "crop_size", "box_x", "box_y", "box_width", "box_height")

THUMBNAIL_SIDE = 112  # of a thumbnail, pixels
_QUALITY = 80  # of its JPEG
_OF_THE_SOURCE = ("no source", "image missing", "image changed since")  # reasons that another --source may mend

_PAPER = (226, 232, 240)  # around an image that its box leaves; RGB
_FRAME, _EDGE = (229, 62, 62), (255, 255, 255)  # of a box; the edge sets it off from any picture


class Opened(NamedTuple):
    """A dataset, or what a dry run has left of one: `folder` holds the manifest."""

    folder: Path
    dataset: Dataset
    is_dry_run: bool
    sources: tuple[Path, ...] = ()  # as the log or the dry run names them, there or not, in the manifest's order


class NoPicture(Exception):
    """Why a row has no picture, in a few words that a page counts."""


def open_dataset(folder: Path, dry_run: bool = False) -> Opened:
    """The dataset of a folder; where it has none, or on demand, the dry run that was made for it.

    Raises CallError where there is no such thing, DataError where a file is damaged, missing or of another dataset or
    version. The manifest's bytes are held against dataset.json, of the shards only their sizes.
    """
    if folder.is_dir() and (dry_run or not (folder / dataset.DATASET_FILE).exists()):
        if opened := _open_dry_run(folder):
            return opened
        if dry_run:
            raise CallError(f"{folder} holds no dry run; make one: python -m preprocess --out {folder} --dry_run ...")
    found, misfit = read_dataset(folder), dataset.find_mismatched_file(folder)
    if not misfit and hash_file(folder / manifest.MANIFEST_FILE) != found.files[manifest.MANIFEST_FILE].sha256:
        misfit = manifest.MANIFEST_FILE
    if misfit:
        what = f"{folder / misfit} is missing, damaged or of another dataset"
        raise DataError(f"{what}; run python -m tools.verify {folder}, which tells more")
    return Opened(folder, found, False, read_sources(folder))


def read_sources(folder: Path) -> tuple[Path, ...]:
    """The sources of a dataset as its log names them, there or not; none without a log."""
    return tuple(map(Path, (read_log(folder) or {}).get("sources", [])))


def _open_dry_run(folder: Path) -> Opened | None:
    if found := dry_run.read_dry_run(folder):
        return Opened(
            dry_run.dry_run_folder(folder), found, True, tuple(map(Path, dry_run.read_dry_run_sources(folder)))
        )
    return None


def find_sources(opened: Opened, given: list[str] | None) -> list[Path]:
    """The sources of a dataset in the manifest's order: those given, else its own where all are still there.

    Raises CallError where one that is given is no folder, or fewer are given than the manifest tells of.
    """
    if given is None:
        return list(opened.sources) if all(source.exists() for source in opened.sources) else []
    for source in given:
        if not os.path.isdir(source) and not (os.path.isfile(source) and source.lower().endswith(".csv")):
            what = "is not a folder" if os.path.exists(source) else "does not exist"
            raise CallError(f"--source {source} {what}; give the folder or CSV that preprocess was given")
    needed = _count_sources(opened.folder)
    if len(given) < needed:
        raise CallError(f"--source names {len(given)} of {needed} folders; give all, in the order of preprocess's call")
    return [Path(source) for source in given]


def _count_sources(folder: Path) -> int:
    """The greatest `source` of a manifest + 1, by the statistics of its row groups."""
    with manifest.open_manifest(folder) as file:
        column = file.schema_arrow.get_field_index("source")
        groups = [file.metadata.row_group(group).column(column) for group in range(file.metadata.num_row_groups)]
    return max((group.statistics.max + 1 for group in groups), default=0)


class Pictures:
    """Makes thumbnails of a dataset's rows: dicts that hold at least COLUMNS."""

    def __init__(self, opened: Opened, sources: list[Path]):
        self.reasons: Counter[str] = Counter()  # why pictures are missing
        self._asked = 0  # pictures, those that are missing among them
        self._opened, self.sources = opened, sources
        self._finder = _Finder(sources)

    def explain_missing(self) -> str | None:
        """One line on the pictures that another --source would give; None where there are none."""
        reasons = [reason for reason in _OF_THE_SOURCE if self.reasons[reason]]
        if not reasons:
            return None
        missing = sum(self.reasons[reason] for reason in reasons)
        where = f" in {', '.join(map(str, self.sources))}" if self.sources else ""
        what = f"no picture for {missing:,} of {self._asked:,} frames ({', '.join(reasons)}){where}"
        return f"{what}; give the folders that preprocess was given as --source"

    def thumbnails(self, rows: Iterable[dict[str, Any]]) -> dict[str, bytes | None]:
        """JPEGs of crops, SIDE x SIDE, by key; None where there is none to be had.

        Each shard is read in one forward pass. Of two rows with one key, the kept one's.
        """
        stored, others = [], []
        for row in rows:
            (stored if row["status"] == "kept" and not self._opened.is_dry_run else others).append(row)
        others.sort(key=lambda row: (row["status"] == "kept", row["source"], row["image_file"] or ""))
        found = {row["key"]: self._try(self._cut_thumbnail, row) for row in others}
        return found | self._read_stored(stored)

    def frame_with_box(self, row: dict[str, Any], side: int) -> bytes | None:
        """A JPEG of the whole frame, its longer side `side` pixels, with the annotated box; None without a frame.

        Where the box leaves the image there is a margin to show it, at most half the image wide.
        """
        return self._try(lambda row: self._draw_frame(row, side), row)

    def _read_stored(self, rows: list[dict[str, Any]]) -> dict[str, bytes | None]:
        rows = sorted(rows, key=lambda row: (row["shard"], row["offset"]))
        with RecordReader(self._opened.folder) as reader:
            return {row["key"]: self._try(lambda row: _read_thumbnail(row, reader), row) for row in rows}

    def _cut_thumbnail(self, row: dict[str, Any]) -> bytes:
        if row["crop_size"] is None:
            raise NoPicture("never cut")
        data, crop = self._finder.read(row), Crop(row["crop_x"], row["crop_y"], row["crop_size"])
        with _open_codec() as codec:
            return _encode(codec.decode_crop(data, _read_header(data, row), crop, THUMBNAIL_SIDE))

    def _draw_frame(self, row: dict[str, Any], side: int) -> bytes:
        data = self._finder.read(row)
        with _open_codec() as codec:
            header = _read_header(data, row)
            longer = max(header)
            pixels = codec.decode_region(data, codec.find_region(Crop(0, 0, longer), header, side))
        pixels = _resize(pixels, *(max(1, round(extent * side / longer)) for extent in header))
        box = [row[name] for name in ("box_x", "box_y", "box_width", "box_height")]
        return _encode(pixels if None in box else _draw_box(pixels, Box(*box), side / longer))

    def _try(self, make: Callable[[dict[str, Any]], bytes], row: dict[str, Any]) -> bytes | None:
        self._asked += 1
        try:
            return make(row)
        except NoPicture as reason:
            self.reasons[str(reason)] += 1
            return None


class _Finder:
    """Opens frames by the names that the manifest has, which the disk may hold decomposed or not in UTF-8."""

    def __init__(self, sources: list[Path]):
        self._sources = [os.fsencode(source) for source in sources]

    def read(self, row: dict[str, Any]) -> bytes:
        """The bytes of a row's frame. Raises NoPicture."""
        image_file = row["image_file"]
        if image_file is None:
            raise NoPicture("image missing")
        if row["source"] >= len(self._sources):
            raise NoPicture("no source")
        root = self._sources[row["source"]]
        if os.path.isfile(root):  # a CSV: its images may lie anywhere
            root = os.path.dirname(root)
        elif ".." in image_file.split("/") or image_file.startswith("/"):
            raise NoPicture("image missing")
        try:
            return read_file(resolve_written_path(root, image_file))
        except FileNotFoundError as error:
            raise NoPicture("image missing") from error
        except OSError as error:
            raise NoPicture("image unreadable") from error


@contextmanager
def _open_codec() -> Iterator[ModuleType]:
    """preprocess.cutting.jpeg_crop, only where a frame must be cut, because TensorFlow comes with it: 5 s."""
    with without_notes():
        from preprocess.cutting import jpeg_crop
    try:
        yield jpeg_crop
    except UnreadableImage as error:
        raise NoPicture("image unreadable") from error


def _read_header(data: bytes, row: dict[str, Any]) -> Header:
    """A JPEG's size, as the manifest states it, where it does."""
    header = read_header(data)
    if None not in (row["width"], row["height"]) and header != (row["width"], row["height"]):
        raise NoPicture("image changed since")
    if header.width * header.height > MAX_FRAME_PIXELS:
        raise NoPicture("image too large")
    return header


def _read_thumbnail(row: dict[str, Any], reader: RecordReader) -> bytes:
    try:
        image = reader.read_image(row["shard"], row["offset"])
    except (FileNotFoundError, PermissionError) as error:
        raise NoPicture("shard missing") from error
    except DamagedRecord as error:
        raise NoPicture("record damaged: run tools.verify") from error
    pixels = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_COLOR_RGB)
    if pixels is None:
        raise NoPicture("record damaged: run tools.verify")
    return _encode(_resize(pixels, THUMBNAIL_SIDE, THUMBNAIL_SIDE))


def _encode(pixels: np.ndarray) -> bytes:
    flags = (cv2.IMWRITE_JPEG_QUALITY, _QUALITY)
    return cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), flags)[1].tobytes()


def _resize(pixels: np.ndarray, width: int, height: int) -> np.ndarray:
    smaller = pixels.shape[0] >= height and pixels.shape[1] >= width
    return cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR)


def _draw_box(pixels: np.ndarray, box: Box, scale: float) -> np.ndarray:
    """The image with a box drawn, both scaled; with a margin where the box leaves the image."""
    height, width = pixels.shape[:2]
    corners = np.array([[box.x, box.y], [box.x + box.width, box.y + box.height]], np.float64) * scale
    low, high = np.sort(corners, axis=0)
    limit = np.array([width, height])
    before = np.clip(-low + 2, 0, limit / 2).astype(int) * (low < 0)
    after = np.clip(high - limit + 2, 0, limit / 2).astype(int) * (high > limit)
    margins = before[1], after[1], before[0], after[0]
    pixels = cv2.copyMakeBorder(pixels, *map(int, margins), cv2.BORDER_CONSTANT, value=_PAPER)
    ends = np.clip(np.stack([low, high]) + before, -10, np.array(pixels.shape[1::-1]) + 10).round().astype(int).tolist()
    for colour, thickness in ((_EDGE, 4), (_FRAME, 2)):
        pixels = cv2.rectangle(pixels, *ends, colour, thickness)
    return pixels
