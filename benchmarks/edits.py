"""What may happen to a picture on its way to a near-copy, and the hashes that should not mind.

An edit takes a whole BGR frame and the crop's place in it, as (height, width, 3) uint8 and Crop, and gives the crop of
the edited frame: edits of the frame come before the cut, as they do in a video that was compressed again.
"""

from collections.abc import Callable
from typing import NamedTuple

import cv2
import numpy as np

from preprocess.cutting.area_resampling import resample_area
from preprocess.cutting.phash import hash_crop
from preprocess.settings import DedupeSettings
from shards.crop_geometry import Crop

SIZE = 256  # of a crop, in pixels
MIN_DETAIL = DedupeSettings.min_detail  # frames below it are never compared by their codes
HASHES = {"pHash 64": slice(0, 1), "pHash 256": slice(1, 5), "dHash 64": slice(5, 6)}  # words of a code
HASH_BITS = {"pHash 64": 64, "pHash 256": 256, "dHash 64": 64}


class Code(NamedTuple):
    """All hashes of a crop side by side, (6,) uint64, and its detail."""

    words: np.ndarray
    detail: int


def cut(image: np.ndarray, crop: Crop) -> np.ndarray:
    """A crop of a BGR image as the pipeline cuts it, but without the JPEG: (SIZE, SIZE, 3) uint8 RGB."""
    square = image[crop.y : crop.y + crop.size, crop.x : crop.x + crop.size, ::-1]
    square = np.ascontiguousarray(square)
    if crop.size < SIZE:
        return cv2.resize(square, (SIZE, SIZE), interpolation=cv2.INTER_LINEAR_EXACT)
    return resample_area(square, 0, 0, crop.size, SIZE, SIZE)


def hash_differences(pixels: np.ndarray) -> int:
    """dHash, 64 bits: luma at 9 x 8, one bit for each pixel that is darker than its right neighbour, rows first."""
    luma = cv2.resize(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), (9, 8), interpolation=cv2.INTER_AREA)
    return int.from_bytes(np.packbits(luma[:, 1:] > luma[:, :-1]).tobytes())


def hash_all(pixels: np.ndarray) -> Code:
    """The hashes of a (SIZE, SIZE, 3) uint8 RGB crop."""
    code, detail = hash_crop(pixels)
    data = code.to_bytes(8) + hash_crop(pixels, 256).code.to_bytes(32) + hash_differences(pixels).to_bytes(8)
    return Code(np.frombuffer(data, np.uint64), detail)


def recompress(image: np.ndarray, quality: int) -> np.ndarray:
    return cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)


def add_noise(image: np.ndarray, sigma: float) -> np.ndarray:
    noise = np.random.default_rng(0).normal(0, sigma, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def brighten(image: np.ndarray, factor: float) -> np.ndarray:
    return cv2.convertScaleAbs(image, alpha=factor)


def contrast(image: np.ndarray, factor: float) -> np.ndarray:
    """Grey levels `factor` times as far from the middle one."""
    return np.clip(factor * (image.astype(np.float32) - 128) + 128, 0, 255).astype(np.uint8)


def blur(image: np.ndarray, sigma: float) -> np.ndarray:
    return cv2.GaussianBlur(image, (0, 0), sigma)


def scale(image: np.ndarray, factor: float) -> np.ndarray:
    """A frame made smaller; factor below 1."""
    return cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)


def scale_crop(crop: Crop, factor: float) -> Crop:
    return Crop(round(factor * crop.x), round(factor * crop.y), round(factor * crop.size))


def shrink_and_back(image: np.ndarray, factor: float) -> np.ndarray:
    height, width = image.shape[:2]
    return cv2.resize(scale(image, factor), (width, height), interpolation=cv2.INTER_CUBIC)


def shift(crop: Crop, part: float) -> Crop:
    return Crop(crop.x + round(part * crop.size), crop.y + round(part * crop.size), crop.size)


def grow(crop: Crop, part: float) -> Crop:
    margin = round(part * crop.size / 2)
    return Crop(crop.x - margin, crop.y - margin, crop.size + 2 * margin)


def upload_again(image: np.ndarray, crop: Crop) -> np.ndarray:
    """Half the size, compressed hard, and a box drawn anew: what a second upload of a video goes through."""
    return cut(recompress(scale(image, 0.5), 50), shift(scale_crop(crop, 0.5), 0.01))


Edit = Callable[[np.ndarray, Crop], np.ndarray]

# Between two frames of one video while its animal keeps still: the camera's noise and light, the codec, the box.
STILL: dict[str, Edit] = {
    "JPEG quality 50": lambda image, crop: cut(recompress(image, 50), crop),
    "noise, sigma 4": lambda image, crop: cut(add_noise(image, 4), crop),
    "10% brighter": lambda image, crop: cut(brighten(image, 1.1), crop),
    "blur, sigma 1": lambda image, crop: cut(blur(image, 1), crop),
    "box moved by 0.5%": lambda image, crop: cut(image, shift(crop, 0.005)),
    "box moved by 1%": lambda image, crop: cut(image, shift(crop, 0.01)),
    "box moved by 2%": lambda image, crop: cut(image, shift(crop, 0.02)),
    "box 2% larger": lambda image, crop: cut(image, grow(crop, 0.02)),
    "box 5% larger": lambda image, crop: cut(image, grow(crop, 0.05)),
}

# What happens to a video that comes a second time, besides.
COPIED: dict[str, Edit] = {
    "JPEG quality 20": lambda image, crop: cut(recompress(image, 20), crop),
    "noise, sigma 10": lambda image, crop: cut(add_noise(image, 10), crop),
    "30% brighter": lambda image, crop: cut(brighten(image, 1.3), crop),
    "30% more contrast": lambda image, crop: cut(contrast(image, 1.3), crop),
    "30% less contrast": lambda image, crop: cut(contrast(image, 0.7), crop),
    "blur, sigma 3": lambda image, crop: cut(blur(image, 3), crop),
    "frame at half, box too": lambda image, crop: cut(scale(image, 0.5), scale_crop(crop, 0.5)),
    "frame at 0.7, box too": lambda image, crop: cut(scale(image, 0.7), scale_crop(crop, 0.7)),
    "frame at half and back": lambda image, crop: cut(shrink_and_back(image, 0.5), crop),
    "frame at 0.7 and back": lambda image, crop: cut(shrink_and_back(image, 0.7), crop),
    "half, quality 50, box 1%": upload_again,
}
