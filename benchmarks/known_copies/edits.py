"""Edits that turn a frame into a near-duplicate, and the hashes that are compared.

An edit takes a whole BGR frame, (height, width, 3) uint8, and the crop's place in it, and returns the crop of the
edited frame. Frames are edited before they are cut, because a video that is compressed again is changed as a whole.
"""

from collections.abc import Callable
from typing import NamedTuple

import cv2
import numpy as np

from preprocess.cutting.area_resampling import resample_area
from preprocess.cutting.phash import hash_crop
from preprocess.settings import DedupeSettings
from shards.crop_geometry import Crop

CROP_SIZE = 256  # of a crop, in pixels
MIN_DETAIL = DedupeSettings.min_detail  # preprocess compares no frame with less detail by its hash
HASH_WORDS = {
    "pHash 64": slice(0, 1),
    "pHash 256": slice(1, 5),
    "dHash 64": slice(5, 6),
}  # by hash: its words in CropHashes
HASH_BITS = {"pHash 64": 64, "pHash 256": 256, "dHash 64": 64}


class CropHashes(NamedTuple):
    """All hashes of a crop one after the other, (6,) uint64, and its detail."""

    words: np.ndarray
    detail: int


def cut_crop(image: np.ndarray, crop: Crop) -> np.ndarray:
    """A crop of a BGR image as preprocess cuts it, without JPEG compression: (CROP_SIZE, CROP_SIZE, 3) uint8 RGB."""
    square = image[crop.y : crop.y + crop.size, crop.x : crop.x + crop.size, ::-1]
    square = np.ascontiguousarray(square)
    if crop.size < CROP_SIZE:
        return cv2.resize(square, (CROP_SIZE, CROP_SIZE), interpolation=cv2.INTER_LINEAR_EXACT)
    return resample_area(square, 0, 0, crop.size, CROP_SIZE, CROP_SIZE)


def compute_dhash(pixels: np.ndarray) -> int:
    """dHash of 64 bits: luma at 9 x 8 pixels, and row by row one bit for each pixel darker than its right neighbour."""
    luma = cv2.resize(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), (9, 8), interpolation=cv2.INTER_AREA)
    return int.from_bytes(np.packbits(luma[:, 1:] > luma[:, :-1]).tobytes())


def compute_hashes(pixels: np.ndarray) -> CropHashes:
    """The hashes of a (CROP_SIZE, CROP_SIZE, 3) uint8 RGB crop."""
    code, detail = hash_crop(pixels)
    data = code.to_bytes(8) + hash_crop(pixels, 256).code.to_bytes(32) + compute_dhash(pixels).to_bytes(8)
    return CropHashes(np.frombuffer(data, np.uint64), detail)


def recompress(image: np.ndarray, quality: int) -> np.ndarray:
    return cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)


def add_noise(image: np.ndarray, sigma: float) -> np.ndarray:
    noise = np.random.default_rng(0).normal(0, sigma, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def brighten(image: np.ndarray, factor: float) -> np.ndarray:
    return cv2.convertScaleAbs(image, alpha=factor)


def scale_contrast(image: np.ndarray, factor: float) -> np.ndarray:
    """Multiply the difference of all values from 128 by `factor`."""
    return np.clip(factor * (image.astype(np.float32) - 128) + 128, 0, 255).astype(np.uint8)


def blur(image: np.ndarray, sigma: float) -> np.ndarray:
    return cv2.GaussianBlur(image, (0, 0), sigma)


def scale_frame(image: np.ndarray, factor: float) -> np.ndarray:
    """A smaller frame; `factor` is below 1."""
    return cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)


def scale_crop(crop: Crop, factor: float) -> Crop:
    return Crop(round(factor * crop.x), round(factor * crop.y), round(factor * crop.size))


def scale_down_and_up(image: np.ndarray, factor: float) -> np.ndarray:
    height, width = image.shape[:2]
    return cv2.resize(scale_frame(image, factor), (width, height), interpolation=cv2.INTER_CUBIC)


def shift_crop(crop: Crop, part: float) -> Crop:
    return Crop(crop.x + round(part * crop.size), crop.y + round(part * crop.size), crop.size)


def enlarge_crop(crop: Crop, part: float) -> Crop:
    margin = round(part * crop.size / 2)
    return Crop(crop.x - margin, crop.y - margin, crop.size + 2 * margin)


def simulate_reupload(image: np.ndarray, crop: Crop) -> np.ndarray:
    """A video that is uploaded again: half the size, compressed strongly, with a slightly different box."""
    return cut_crop(recompress(scale_frame(image, 0.5), 50), shift_crop(scale_crop(crop, 0.5), 0.01))


Edit = Callable[[np.ndarray, Crop], np.ndarray]

# Differences between two frames of one video while the animal does not move: noise, light, codec, box.
WITHIN_VIDEO_EDITS: dict[str, Edit] = {
    "JPEG quality 50": lambda image, crop: cut_crop(recompress(image, 50), crop),
    "noise, sigma 4": lambda image, crop: cut_crop(add_noise(image, 4), crop),
    "10% brighter": lambda image, crop: cut_crop(brighten(image, 1.1), crop),
    "blur, sigma 1": lambda image, crop: cut_crop(blur(image, 1), crop),
    "box moved by 0.5%": lambda image, crop: cut_crop(image, shift_crop(crop, 0.005)),
    "box moved by 1%": lambda image, crop: cut_crop(image, shift_crop(crop, 0.01)),
    "box moved by 2%": lambda image, crop: cut_crop(image, shift_crop(crop, 0.02)),
    "box 2% larger": lambda image, crop: cut_crop(image, enlarge_crop(crop, 0.02)),
    "box 5% larger": lambda image, crop: cut_crop(image, enlarge_crop(crop, 0.05)),
}

# Further changes of a video that occurs a second time.
REUPLOAD_EDITS: dict[str, Edit] = {
    "JPEG quality 20": lambda image, crop: cut_crop(recompress(image, 20), crop),
    "noise, sigma 10": lambda image, crop: cut_crop(add_noise(image, 10), crop),
    "30% brighter": lambda image, crop: cut_crop(brighten(image, 1.3), crop),
    "30% more contrast": lambda image, crop: cut_crop(scale_contrast(image, 1.3), crop),
    "30% less contrast": lambda image, crop: cut_crop(scale_contrast(image, 0.7), crop),
    "blur, sigma 3": lambda image, crop: cut_crop(blur(image, 3), crop),
    "frame at half, box too": lambda image, crop: cut_crop(scale_frame(image, 0.5), scale_crop(crop, 0.5)),
    "frame at 0.7, box too": lambda image, crop: cut_crop(scale_frame(image, 0.7), scale_crop(crop, 0.7)),
    "frame at half and back": lambda image, crop: cut_crop(scale_down_and_up(image, 0.5), crop),
    "frame at 0.7 and back": lambda image, crop: cut_crop(scale_down_and_up(image, 0.7), crop),
    "half, quality 50, box 1%": simulate_reupload,
}
