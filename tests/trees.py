"""Small trees of labels and frames in AI Hub's layout, for tests."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from shards.emotions import KOREAN

WIDTH, HEIGHT = 320, 240
BOX = {"x": 60, "y": 40, "width": 150, "height": 100}


def make_label(**changes: Any) -> dict[str, Any]:
    """A complete label without annotations; `changes` replace keys of its metadata."""
    metadata = {
        "seq": 1,
        "species": "DOG",
        "action": "걷거나 뛰는 동작 ",
        "location": "실외",
        "width": WIDTH,
        "height": HEIGHT,
        "duration": 3.5,
        "animal": {"breed": "믹스견", "gender": "MALE", "age": 3, "neuter": "Y"},
        "owner": {"pain": "N", "disease": "N", "emotion": KOREAN[2], "situation": "산책, 나왔을/때", "animalCount": 1},
        "inspect": {"action": "걷기", "painDisease": "N", "abnormalAction": "N", "emotion": KOREAN[3]},
    }
    return {"file_video": "20201215/video.mp4", "metadata": metadata | changes, "annotations": []}


def make_image(seed: int, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """A smooth random texture, (height, width, 3) uint8; different seeds give no near-duplicates."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (9, 12, 3), dtype=np.uint8)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)


def make_jpeg(seed: int, width: int = WIDTH, height: int = HEIGHT, flags: tuple = ()) -> bytes:
    return cv2.imencode(".jpg", make_image(seed, width, height), [cv2.IMWRITE_JPEG_QUALITY, 90, *flags])[1].tobytes()


def with_segment(data: bytes, marker: int, payload: bytes) -> bytes:
    """A JPEG with another segment after its start, where comments and thumbnails are stored."""
    return data[:2] + bytes([0xFF, marker]) + (len(payload) + 2).to_bytes(2) + payload + data[2:]


def annotate(number: int, box: Any = BOX) -> dict[str, Any]:
    return {"frame_number": number, "timestamp": number * 40, "bounding_box": box, "keypoints": {"1": None}}


def digests(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file of a dataset, by its path in the folder; the work of a run is left out."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and ".work" not in path.parts)
    return {str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest() for path in files}


def write_video(
    root: Path,
    name: str = "dog-walkrun-000001",
    images: dict[int, bytes] | int = 3,
    annotations: list[dict] | None = None,
    label: dict | bytes | None = None,
    part: str = "",
) -> Path:
    """Write a label `name`.json and a folder of frames; returns the label's path.

    `images` are JPEGs by frame number, or how many to make. Without `annotations` each frame has one.
    """
    if isinstance(images, int):
        seed = sum(name.encode())
        images = {5 * i: make_jpeg(1000 * seed + i) for i in range(images)}
    folder = root / part / "원천데이터" / name
    folder.mkdir(parents=True, exist_ok=True)
    for number, data in images.items():
        (folder / f"frame_{number}_timestamp_{number * 40}.jpg").write_bytes(data)
    path = root / part / "라벨링데이터" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not isinstance(label, bytes):
        label = dict(label or make_label())
        label["annotations"] = [annotate(number) for number in images] if annotations is None else annotations
        label = json.dumps(label, ensure_ascii=False).encode()
    path.write_bytes(label)
    return path
