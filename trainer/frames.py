"""The student's CSV: rows of image_path, bbox, labels -> the frames that can be used, and why the others cannot.

    image_path,bbox,labels
    cat-arch-000156/frame_0_timestamp_0.jpg,"40,60,100,150",편안/안정

A path is absolute or relative to the CSV's folder, a bbox is "y,x,height,width" in pixels of the stored JPEG, a label
is a mood's Korean name or its number. Other columns are ignored. The folder of an image is its video.
"""

import hashlib
import os
import re
import sys
import unicodedata
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from tqdm import tqdm

from shards.emotions import KOREAN, parse_emotion
from shards.errors import CallError, DataError
from shards.geometry import Box, place_crop
from shards.jpeg import MAX_PIXELS, UnreadableImage, read_file_header
from shards.species import find_species

COLUMNS = ("image_path", "bbox", "labels")
REASONS = (  # why a row is passed over: the first that applies, in the manifest's words
    "label_unknown",
    "box_invalid",
    "box_negative",
    "box_empty",
    "image_missing",
    "image_unreadable",
    "box_outside",
)
GROW = 1.1  # the crop's side over the box's longer side, as preprocess cuts by default

_BOX = r"^\s*([-+]?\d{1,6})\s*,\s*([-+]?\d{1,6})\s*,\s*([-+]?\d{1,6})\s*,\s*([-+]?\d{1,6})\s*$"
_NO_BOX = -(10**7)  # beyond any number of six digits
_EXAMPLES = 3  # rows named for each reason
_THREADS = 16  # they wait for the disk
_TASK = 256  # files that a thread looks at in one go


class Frames(NamedTuple):
    """The usable rows of a CSV, in its order."""

    paths: np.ndarray  # object (rows,), str: as they are opened
    labels: np.ndarray  # int64 (rows,)
    sizes: np.ndarray  # int32 (rows, 2): width and height of the stored JPEG
    crops: np.ndarray  # int32 (rows, 3): x, y, size; pixels of the stored JPEG, negative where padded
    videos: np.ndarray  # int32 (rows,), places in video_names
    video_names: tuple[str, ...]  # the images' folders, relative to the CSV's where they are below it
    video_index: np.ndarray  # int32 (rows,): place in a keyed permutation of the video's rows
    video_count: np.ndarray  # int32 (rows,)
    species: np.ndarray  # object (rows,): "CAT", "DOG" or ""
    passed_over: dict[str, int]  # rows that cannot be used, by reason


def list_frames(path: Path) -> Frames:
    """Read a CSV and the header of each image in it; bad rows are passed over and summed up on stderr.

    Raises CallError where there is no such file, DataError where it lacks a column or no row can be used.
    """
    rows = _read_rows(path)
    folder = os.path.dirname(os.path.abspath(path))
    images = np.array([os.path.normpath(os.path.join(folder, image)) for image in rows["image_path"]], object)
    labels, boxes = _read_labels(rows["labels"]), _read_boxes(rows["bbox"])
    reasons = _judge_numbers(labels, boxes)
    sizes = np.zeros((len(rows), 2), np.int32)
    hopeful = np.flatnonzero(reasons == "")
    sizes[hopeful], reasons[hopeful] = read_sizes(images[hopeful])
    far = (boxes[:, :2] + boxes[:, 2:])[:, ::-1]
    reasons[(reasons == "") & (far > sizes).any(axis=1)] = "box_outside"
    passed_over = _sum_up(path, rows, reasons)
    good = np.flatnonzero(reasons == "")
    return Frames(
        paths=images[good],
        labels=labels[good],
        sizes=sizes[good],
        crops=_place_crops(boxes[good], sizes[good]),
        passed_over=passed_over,
        **_group_videos(images[good], boxes[good], folder),
    )


def _read_rows(path: Path) -> pd.DataFrame:
    """The three columns as text; the index is the line's number in the file, where no value holds a line break."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # more values than columns
            # Blank lines are read too, or the lines after them would be counted wrong.
            rows = pd.read_csv(
                path, encoding="utf-8-sig", dtype=str, keep_default_na=False, index_col=False, skip_blank_lines=False
            )
    except FileNotFoundError:
        raise CallError(f"{path} does not exist; give a CSV with the columns {', '.join(COLUMNS)}") from None
    except pd.errors.EmptyDataError:
        raise DataError(f"{path}: is empty; its first line should be {','.join(COLUMNS)}") from None
    except (pd.errors.ParserError, pd.errors.ParserWarning, UnicodeDecodeError) as error:
        raise DataError(f"{path}: no CSV in UTF-8 ({error}); write it anew, each bbox within quotes") from error
    rows.columns = [str(name).strip() for name in rows.columns]
    if missing := [name for name in COLUMNS if name not in rows]:
        raise DataError(f"{path}: has no column {', '.join(missing)}; its first line should be {','.join(COLUMNS)}")
    rows = rows[list(COLUMNS)].fillna("")
    rows.index += 2
    return rows[(rows != "").any(axis=1)]


def _read_labels(column: pd.Series) -> np.ndarray:
    """Numbers of the moods, int64 (rows,); -1 for what is none."""
    codes, texts = pd.factorize(column)
    return np.array([_read_label(text.strip()) for text in texts], np.int64)[codes]


def _read_label(text: str) -> int:
    if re.fullmatch(r"[0-9]", text):
        return int(text) if int(text) < len(KOREAN) else -1
    number = parse_emotion(text)
    return -1 if number is None else number


def _read_boxes(column: pd.Series) -> np.ndarray:
    """y, x, height, width, int64 (rows, 4); _NO_BOX where there are not four whole numbers."""
    found = column.str.extract(_BOX)
    whole = found.notna().all(axis=1).to_numpy()
    boxes = np.full((len(column), 4), _NO_BOX, np.int64)
    boxes[whole] = found[whole].to_numpy().astype(np.int64)
    return boxes


def _judge_numbers(labels: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """The reason against each row that its own text gives, object (rows,); "" where there is none."""
    cases = [
        ("label_unknown", labels < 0),
        ("box_invalid", boxes[:, 0] == _NO_BOX),
        ("box_negative", (boxes < 0).any(axis=1)),
        ("box_empty", (boxes[:, 2:] == 0).any(axis=1)),
    ]
    return np.select([case for _, case in cases], [reason for reason, _ in cases], "").astype(object)


def read_sizes(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Size (rows, 2) of each image and the reason against it, "" where there is none; many at a time, for disks."""
    parts = [images[start : start + _TASK] for start in range(0, len(images), _TASK)]
    found: list[tuple[int, int] | str] = []
    with (
        ThreadPoolExecutor(_THREADS) as pool,
        tqdm(total=len(images), unit="images", desc="headers", disable=len(images) < 10_000, file=sys.stderr) as bar,
    ):
        for sizes in pool.map(lambda part: [_look_at(image) for image in part], parts):
            found += sizes
            bar.update(len(sizes))
    reasons = np.array(["" if isinstance(size, tuple) else size for size in found], object)
    return np.array([size if isinstance(size, tuple) else (0, 0) for size in found], np.int32).reshape(-1, 2), reasons


def _look_at(image: str) -> tuple[int, int] | str:
    try:
        header = read_file_header(image)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return "image_missing"
    except (OSError, ValueError, UnreadableImage):
        return "image_unreadable"
    return header if header.width * header.height <= MAX_PIXELS else "image_unreadable"


def _place_crops(boxes: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    crops = [
        place_crop(Box(x, y, width, height), *size, GROW)
        for (y, x, height, width), size in zip(boxes.tolist(), sizes.tolist(), strict=True)
    ]
    return np.array(crops, np.int32).reshape(-1, 3)


def _group_videos(images: np.ndarray, boxes: np.ndarray, folder: str) -> dict[str, Any]:
    """The fields of Frames that follow from which folder an image lies in."""
    below = os.path.join(folder, "")
    codes, parents = pd.factorize(np.array([os.path.dirname(image) for image in images], object))
    names = [unicodedata.normalize("NFC", name.removeprefix(below)).replace(os.sep, "/") for name in parents]
    names = ["." if name == folder else name for name in names]
    kinds = np.array([(find_species(name) or "").upper() for name in names], object)
    counts = np.bincount(codes, minlength=len(names))
    return {
        "videos": codes.astype(np.int32),
        "video_names": tuple(names),
        "video_index": _number_within_videos(images, boxes, codes, counts),
        "video_count": counts[codes].astype(np.int32),
        "species": kinds[codes],
    }


def _number_within_videos(images: np.ndarray, boxes: np.ndarray, codes: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """A frame's rank in its video by a hash of its own name and box: whatever else the CSV holds, and in any order."""
    keys = np.fromiter(
        (_hash_frame(f"{os.path.basename(image)} {box}") for image, box in zip(images, boxes.tolist(), strict=True)),
        np.uint64,
        len(images),
    )
    by_video = np.lexsort((keys, codes))
    index = np.empty(len(images), np.int32)
    index[by_video] = np.arange(len(images)) - (np.cumsum(counts) - counts)[codes[by_video]]
    return index


def _hash_frame(name: str) -> int:
    text = unicodedata.normalize("NFC", name).encode("utf-8", "surrogateescape")
    return int.from_bytes(hashlib.blake2b(text, key=b"pet mood frames", digest_size=8).digest())


def _sum_up(path: Path, rows: pd.DataFrame, reasons: np.ndarray) -> dict[str, int]:
    """Rows passed over, by reason; told on stderr with a few examples. Raises DataError where all of them are."""
    passed_over, told = {}, []
    for reason in REASONS:
        lines = rows.index[reasons == reason]
        if len(lines):
            passed_over[reason] = len(lines)
            told.append(f"{reason} {len(lines)} ({_name_lines(rows, lines, reason)})")
    if not (reasons == "").any():
        raise DataError(f"{path}: none of its {len(rows)} rows can be used: {'; '.join(told) or 'there are none'}")
    if told:
        print(
            f"{path}: {sum(passed_over.values())} of {len(rows)} rows passed over: {'; '.join(told)}", file=sys.stderr
        )
    return passed_over


def _name_lines(rows: pd.DataFrame, lines: Sequence[int], reason: str) -> str:
    column = {"label": "labels", "box": "bbox", "image": "image_path"}[reason.partition("_")[0]]
    named = [f"line {line}: {rows.at[line, column]!r}" for line in lines[:_EXAMPLES]]
    return ", ".join(named) + (", .." if len(lines) > _EXAMPLES else "")
