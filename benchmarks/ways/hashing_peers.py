"""DCT hashes by other libraries, from pixels in memory, as each documents it."""

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.ways.passes import open_pass

PACKAGES = {
    "open_imagehash": ("imagehash",),
    "open_imagededup": ("imagededup",),
    "open_img_hash": ("opencv-contrib-python-headless",),
}


def open_imagehash(settings: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    import imagehash
    from PIL import Image

    return open_pass(settings, lambda crop: int(str(imagehash.phash(Image.fromarray(crop))), 16))


def open_imagededup(settings: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    from imagededup.methods import PHash

    hasher = PHash(verbose=False)
    return open_pass(settings, lambda crop: int(hasher.encode_image(image_array=crop), 16))


def open_img_hash(settings: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    import cv2

    cv2.setNumThreads(1)
    hasher = cv2.img_hash.PHash_create()

    def hash_one(crop: np.ndarray) -> int:
        return int.from_bytes(hasher.compute(cv2.cvtColor(crop, cv2.COLOR_RGB2BGR)).tobytes())

    return open_pass(settings, hash_one)
