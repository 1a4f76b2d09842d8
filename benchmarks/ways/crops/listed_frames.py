"""What ways in either environment share: the frames with their squares, one cut by OpenCV, and a turn that writes."""

import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np

SIDE, QUALITY = 256, 90  # of a crop: pixels, JPEG quality
SHOWN_CROPS = 8  # crops of a turn that the check is given

_READ = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
_SCALED = {8: cv2.IMREAD_REDUCED_COLOR_8, 4: cv2.IMREAD_REDUCED_COLOR_4, 2: cv2.IMREAD_REDUCED_COLOR_2}


class ListedFrame(NamedTuple):
    """A frame's place in the list, its file, and the square to cut, in pixels."""

    number: int
    path: str
    x: int
    y: int
    size: int


def read_frame_list(settings: dict[str, Any]) -> list[ListedFrame]:
    found = json.loads(Path(settings["frames"]).read_text(encoding="utf-8"))
    return [ListedFrame(number, *(row[key] for key in ("path", "x", "y", "size"))) for number, row in enumerate(found)]


def cut_by_opencv(frame: ListedFrame) -> bytes:
    """The crop as a JPEG. OpenCV decodes whole pictures, at the smallest scale that leaves enough pixels."""
    data = np.fromfile(frame.path, np.uint8)
    scale = next((scale for scale in _SCALED if frame.size >= scale * SIDE), 1)
    pixels = cv2.imdecode(data, _SCALED[scale] | cv2.IMREAD_IGNORE_ORIENTATION if scale > 1 else _READ)
    left, top, size = round(frame.x / scale), round(frame.y / scale), round(frame.size / scale)
    square = pixels[top : top + size, left : left + size]
    return encode_by_opencv(cv2.resize(square, (SIDE, SIDE), interpolation=cv2.INTER_AREA))


def encode_by_opencv(pixels: np.ndarray) -> bytes:
    return cv2.imencode(".jpg", pixels, (cv2.IMWRITE_JPEG_QUALITY, QUALITY))[1].tobytes()


def open_writing(
    settings: dict[str, Any],
    count: int,
    write: Callable[[Path], None],
    read: Callable[[Path], Iterable[tuple[int | None, bytes]]],
) -> Callable[[], dict[str, Any]]:
    """A turn that writes the crops of `count` frames into a new folder, and then, untimed, reads them back.

    `read` yields each crop's place in the list, None for one that the check cannot compare, and its JPEG.
    """

    def take_turn() -> dict[str, Any]:
        folder = Path(tempfile.mkdtemp(dir=Path(settings["frames"]).parent))
        begun = time.perf_counter()
        write(folder)
        seconds = time.perf_counter() - begun
        found = _describe_crops(read(folder), settings)
        shutil.rmtree(folder)
        return {"count": count, "seconds": seconds, **found}

    return take_turn


def _describe_crops(crops: Iterable[tuple[int | None, bytes]], settings: dict[str, Any]) -> dict[str, Any]:
    """How many crops there are, their shapes, and the files of the first SHOWN_CROPS of the list."""
    count, shapes, shown = 0, set(), {}
    for number, data in crops:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        count += 1
        shapes.add(() if pixels is None else pixels.shape)
        if number in settings["shown"]:
            shown[number] = pixels
    if not shown:
        return {"crops": count, "shapes": sorted(shapes)}
    file = tempfile.mkstemp(".npz", dir=Path(settings["frames"]).parent)[1]
    np.savez(file, **{str(number): pixels for number, pixels in shown.items()})
    return {"crops": count, "shapes": sorted(shapes), "shown": file}


def iterate_parquet(folder: Path, number: str, image: str) -> Iterator[tuple[int, bytes]]:
    """The crops of Parquet files, by the names of their columns."""
    import pyarrow.parquet as pq

    for path in sorted(folder.rglob("*.parquet")):
        for row in pq.read_table(path, columns=[number, image]).to_pylist():
            yield int(row[number]), row[image]
