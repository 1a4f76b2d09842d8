"""Random windows by simplejpeg, libjpeg-turbo's fastest binding, for loaders that leave decoding to the user."""

import random
from typing import Any

import numpy as np
import simplejpeg

from benchmarks.ways.loading.epochs import WINDOW


def cut_window(square: np.ndarray, flip: bool) -> np.ndarray:
    """A random window of a picture, with `flip` mirrored at even odds."""
    top, left = (random.randint(0, side - WINDOW) for side in square.shape[:2])
    window = square[top : top + WINDOW, left : left + WINDOW]
    return np.ascontiguousarray(window[:, ::-1] if flip and random.random() < 0.5 else window)


def decode_window(data: Any, flip: bool) -> np.ndarray:
    """A random window (WINDOW, WINDOW, 3) of a JPEG."""
    return cut_window(simplejpeg.decode_jpeg(data), flip)
