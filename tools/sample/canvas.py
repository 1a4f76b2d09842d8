"""Pixels of the sample: all that it does with OpenCV. Images are BGR, arrays have the shape (height, width, ..)."""

import cv2
import numpy as np

from shards.crop_geometry import Box

_SUBPIXEL_BITS = 4  # polygons have coordinates in sixteenths of a pixel


def smooth_noise(rng: np.random.Generator, shape: tuple[int, int], cells: tuple[float, float]) -> np.ndarray:
    """Smooth noise from -1 to 1, float32. `cells` are the pixels from bump to bump, vertically and horizontally."""
    grid = [max(2, round(side / cell)) for side, cell in zip(shape, cells, strict=True)]
    small = rng.uniform(-1, 1, grid).astype(np.float32)
    return np.clip(cv2.resize(small, shape[::-1], interpolation=cv2.INTER_CUBIC), -1, 1)


def fill_polygon(canvas: np.ndarray, outline: np.ndarray, colour: tuple) -> None:
    """Draw a polygon, (n, 2) x and y in pixels, on the canvas."""
    points = np.round(outline * (1 << _SUBPIXEL_BITS)).astype(np.int32)
    cv2.fillPoly(canvas, [points], colour, cv2.LINE_AA, _SUBPIXEL_BITS)


def resize_linearly(canvas: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    return cv2.resize(canvas, shape[::-1], interpolation=cv2.INTER_LINEAR)


def displace_pixels(canvas: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """An image whose pixel at each place is that of the canvas at x and y, which are (height, width) float32."""
    return cv2.remap(canvas, x, y, cv2.INTER_LINEAR)


def blur_box(canvas: np.ndarray, side: int) -> np.ndarray:
    """The mean over a square of `side` pixels around each pixel."""
    return cv2.blur(canvas, (side, side))


def find_bounding_box(mask: np.ndarray) -> Box:
    """The smallest box around all true pixels of a mask."""
    return Box(*cv2.boundingRect(mask.astype(np.uint8)))


def add_noise_to_image(image: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """The sum of an image and int16 noise, clipped to uint8."""
    return cv2.add(image, noise, dtype=cv2.CV_8U)


def encode_sample_jpeg(pixels: np.ndarray) -> bytes:
    """A JPEG of quality 90, 4:2:0, from (height, width, 3) uint8 BGR."""
    settings = [cv2.IMWRITE_JPEG_QUALITY, 90, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420]
    done, jpeg = cv2.imencode(".jpg", pixels, settings)
    if not done:
        raise RuntimeError(f"a frame of shape {pixels.shape} could not be encoded")
    return jpeg.tobytes()


def use_one_thread() -> None:
    """Keep OpenCV from using more than one core in this process."""
    cv2.setNumThreads(1)
