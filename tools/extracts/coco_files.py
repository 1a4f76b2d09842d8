"""Writes the frames and boxes of a dataset as COCO JSON, one file for each split.

Categories are the moods: their ids are the labels plus 1, since COCO counts from 1, and their names the English ones,
which preprocess knows. What COCO has no word for (species, status, reason, ..) are further keys, which its readers pass
over.
"""

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import pyarrow.compute as pc

from console.output.messages import print_warning
from shards.emotions import EMOTIONS
from shards.manifest import read_manifest
from shards.storage.atomic_write import write_atomically
from shards.storage.stores.remote_path import AnyPlace
from tools.extracts.frame_copies import FrameCopies
from tools.extracts.image_paths import ImagePaths

_IMAGE_COLUMNS = ("width", "height", "video", "frame_number", "timestamp", "animal_count")
_STATED = ("key", "species", "status", "reason", "note", "duplicate_of")
_BOX = ("box_x", "box_y", "box_width", "box_height")
_COLUMNS = ["image_file", "source", "split", "label", *_IMAGE_COLUMNS, *_STATED, *_BOX]
_BATCH = 10_000  # rows that become Python objects at a time


class CocoCounts(NamedTuple):
    """What a file holds."""

    images: int
    boxes: int


def write_coco_files(
    folder: AnyPlace, out: Path, paths: ImagePaths | FrameCopies, all_rows: bool = False
) -> dict[str, CocoCounts]:
    """Write train.json and val.json into the folder `out`; returns what they hold, by file name.

    Args:
        folder: the dataset's.
        out: where the files go.
        paths: the names of images, as the files give them.
        all_rows: every row that has an image and a split, instead of those that are kept. Rows without a box or a mood
            are listed at their image, under `without_box`.

    A split without rows has no file. How many rows have no split, or no image that can be named, is printed on stderr.
    """
    left_out = 0
    with ExitStack() as files:
        writers: dict[str, _CocoWriter] = {}
        for _, group in groupby(_read_rows(folder, all_rows), key=lambda row: (row["source"], row["image_file"])):
            rows = list(group)
            name = rows[0]["image_file"] and rows[0]["split"] and paths.name(rows[0])
            if not name:
                left_out += len(rows)
                continue
            file = f"{rows[0]['split']}.json"
            if file not in writers:
                writers[file] = files.enter_context(_CocoWriter(out / file))
            writers[file].add(name, rows)
    if left_out:
        print_warning(f"to_coco: {left_out:,} rows left out: they have no split, or no image that can be named")
    return {file: writer.counts for file, writer in writers.items()}


def _read_rows(folder: AnyPlace, all_rows: bool) -> Iterator[dict[str, Any]]:
    for rows in read_manifest(folder, _COLUMNS):
        wanted = rows if all_rows else rows.filter(pc.equal(rows["status"], "kept"))
        for batch in wanted.to_batches(max_chunksize=_BATCH):
            yield from batch.to_pylist()


class _CocoWriter:
    """One file, written as its images come, so that memory does not grow with them. A context manager."""

    def __init__(self, path: Path):
        self._files = ExitStack()
        self._path = path
        self._images: BinaryIO
        self._boxes: BinaryIO  # waits in a temporary file, because boxes come behind all images
        self.counts = CocoCounts(0, 0)

    def __enter__(self) -> "_CocoWriter":
        self._images = self._files.enter_context(write_atomically(self._path))
        self._boxes = self._files.enter_context(tempfile.TemporaryFile(dir=self._path.parent))
        categories = [
            {"id": label + 1, "name": emotion.english, "supercategory": "mood", "korean": emotion.korean}
            for label, emotion in enumerate(EMOTIONS)
        ]
        info = {"description": "Frames of pet videos, each animal's box with one of six moods"}
        self._images.write(b'{"info": %s,\n"categories": %s,\n"images": [' % (_encode(info), _encode(categories)))
        return self

    def add(self, name: str, rows: list[dict[str, Any]]) -> None:
        """Add an image, whose file has this name, with its rows of the manifest."""
        images, boxes = self.counts
        boxed = [row for row in rows if row["label"] is not None and None not in [row[side] for side in _BOX]]
        image = {"id": images + 1, "file_name": name} | {column: rows[0][column] for column in _IMAGE_COLUMNS}
        if others := [_state(row) for row in rows if row not in boxed]:
            image["without_box"] = others
        self._append(self._images, images, image)
        for row in boxed:
            boxes += 1
            self._append(self._boxes, boxes - 1, _make_box(boxes, images + 1, row))
        self.counts = CocoCounts(images + 1, boxes)

    @staticmethod
    def _append(file: BinaryIO, before: int, value: dict[str, Any]) -> None:
        file.write((b",\n" if before else b"\n") + _encode(value))

    def __exit__(self, kind: type[BaseException] | None, *error: Any) -> bool | None:
        if kind is None:
            self._images.write(b'\n],\n"annotations": [')
            self._boxes.seek(0)
            shutil.copyfileobj(self._boxes, self._images)
            self._images.write(b"\n]}\n")
        return self._files.__exit__(kind, *error)


def _make_box(number: int, image: int, row: dict[str, Any]) -> dict[str, Any]:
    x, y, width, height = (row[side] for side in _BOX)
    box = {"id": number, "image_id": image, "category_id": row["label"] + 1, "bbox": [x, y, width, height]}
    return box | {"area": max(width, 0) * max(height, 0), "iscrowd": 0} | _state(row)


def _state(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in _STATED}


def _encode(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
