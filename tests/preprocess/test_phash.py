import cv2
import numpy as np
import pytest

from preprocess.phash import hash_crop
from tests.trees import make_image

CROP = make_image(1, 256, 256)


def distance(a: np.ndarray, b: np.ndarray) -> int:
    return (hash_crop(a).code ^ hash_crop(b).code).bit_count()


def reencode(pixels: np.ndarray, quality: int) -> np.ndarray:
    return cv2.imdecode(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)


@pytest.mark.parametrize(
    ("edit", "most"),
    [
        (lambda p: p, 0),
        (lambda p: reencode(p, 90), 2),
        (lambda p: reencode(p, 40), 4),
        (lambda p: cv2.convertScaleAbs(p, alpha=0.8), 4),
        (lambda p: cv2.GaussianBlur(p, (5, 5), 0), 4),
        (lambda p: cv2.add(p, 10), 8),  # the brightest parts saturate
    ],
)
def test_edits_stay_near(edit, most):
    assert distance(CROP, edit(CROP)) <= most


def test_other_pictures_are_far():
    distances = [distance(CROP, make_image(seed, 256, 256)) for seed in range(2, 40)]
    assert min(distances) > 12 and 28 < np.mean(distances) < 36


def test_about_half_the_bits_are_set():
    assert all(hash_crop(make_image(seed, 256, 256)).code.bit_count() in range(30, 33) for seed in range(20))


def test_detail_tells_featureless_crops():
    black, flat = np.zeros((256, 256, 3), np.uint8), np.full((256, 256, 3), 128, np.uint8)
    noise = np.random.default_rng(0).integers(0, 12, (256, 256, 3), np.uint8)
    assert hash_crop(black).detail == hash_crop(flat).detail == 0
    assert hash_crop(noise).detail < 1000 < hash_crop(CROP).detail


def test_is_the_dct_hash_of_the_books():
    """The textbook's floating-point steps, by OpenCV: only a coefficient at the median itself may fall otherwise."""
    for seed in range(20):
        pixels = make_image(seed, 256, 256)
        luma = cv2.resize(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), (32, 32), interpolation=cv2.INTER_AREA)
        lowest = cv2.dct(luma.astype(np.float64))[:8, :8]
        expected = np.packbits(lowest > np.median(lowest)).tobytes()
        assert (hash_crop(pixels).code ^ int.from_bytes(expected)).bit_count() <= 1


def test_golden():
    """The same on every CPU, and for good: datasets hold these codes."""
    pixels = (np.arange(256 * 256 * 3, dtype=np.int64) * 2654435761 % 2**32 >> 24).astype(np.uint8)
    pixels = cv2.resize(pixels.reshape(256, 256, 3)[:13, :13], (256, 256), interpolation=cv2.INTER_NEAREST)
    assert hash_crop(pixels) == (0xDDBAD25A49D80D2A, 33033)
