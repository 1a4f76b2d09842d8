"""Our hash of crops, and its limit."""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

from benchmarks.ways.passes import open_pass
from preprocess.cutting.phash import hash_crop

PACKAGES = ("opencv-python-headless",)


def open_hashing(settings: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    return open_pass(settings, lambda crop: hash_crop(crop).code)


def open_shrinking(settings: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    cv2.setNumThreads(1)

    def shrink(crop: np.ndarray) -> int:
        grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
        return int(cv2.resize(grey, (32, 32), interpolation=cv2.INTER_AREA)[0, 0])

    return open_pass(settings, shrink)
