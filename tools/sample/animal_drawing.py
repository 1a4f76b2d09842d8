"""Draws an animal and puts it on a background; its box is exact."""

import numpy as np

from shards.crop_geometry import Box
from tools.sample.animal_parts import make_body, make_face, make_head
from tools.sample.animals import Coat, View
from tools.sample.canvas import (
    blur_box,
    displace_pixels,
    fill_polygon,
    find_bounding_box,
    resize_linearly,
    smooth_noise,
)
from tools.sample.outlines import make_ellipse


def place_animal(rng: np.random.Generator, background: np.ndarray, coat: Coat, view: View) -> tuple[np.ndarray, Box]:
    """A frame with the animal on a background, and the box around all pixels that the animal covers by half or more.

    `background` and the frame are (height, width, 3) uint8 BGR.
    """
    rows, columns = background.shape[:2]
    animal, cover = _draw_animal(rng, coat, view, round(view.size * min(rows, columns)))
    box = find_bounding_box(cover > 127)
    animal, cover = (layer[box.y : box.y + box.height, box.x : box.x + box.width] for layer in (animal, cover))
    left = round(view.place[0] * (columns - box.width))
    top = round((0.35 + 0.65 * view.place[1]) * (rows - box.height))  # in the lower part, as animals stand on the floor
    frame = background.copy()
    _draw_shadow(frame, left + box.width // 2, top + box.height, box.width)
    room = frame[top : top + box.height, left : left + box.width]
    alpha = cover[..., None].astype(np.float32) / 255
    room[:] = np.minimum(animal + room * (1 - alpha), 255).astype(np.uint8)
    return frame, Box(left, top, box.width, box.height)


def _draw_animal(rng: np.random.Generator, coat: Coat, view: View, longer: int) -> tuple[np.ndarray, np.ndarray]:
    """An animal, (height, width, 3) uint8 BGR, and how much of each pixel it covers, (height, width) uint8.

    `longer` is its longer side in pixels.
    """
    fur, face = make_body(coat, view) + make_head(coat, view), make_face(coat, view)
    cos, sin = np.cos(view.tilt), np.sin(view.tilt)
    turned = [part.outline @ np.array([[cos, sin], [-sin, cos]]) for part in fur + face]
    every = np.concatenate(turned)
    low, high = every.min(0), every.max(0)
    scale, margin = longer / float(np.max(high - low)), 8 + longer // 50
    width, height = (int(side) + 2 * margin for side in np.ceil((high - low) * scale))
    canvas = np.zeros((height, width, 4), np.uint8)  # BGR and coverage
    for index, (outline, part) in enumerate(zip(turned, fur + face, strict=True)):
        if index == len(fur):
            canvas = _texture_fur(rng, canvas, coat, longer)
        colour = part.colour
        if not isinstance(colour, tuple):
            colour = tuple(min(255, channel * colour) for channel in coat.colour)
        fill_polygon(canvas, (outline - low) * scale + margin, (*colour, 255))
    canvas = canvas[:, ::-1] if view.mirrored else canvas
    return np.ascontiguousarray(canvas[..., :3]), np.ascontiguousarray(canvas[..., 3])


def _texture_fur(rng: np.random.Generator, canvas: np.ndarray, coat: Coat, longer: int) -> np.ndarray:
    """Fringe the outlines of the fur drawn so far, and give it the coat's pattern and light from above."""
    shape, hair = canvas.shape[:2], max(2.0, longer / 110)
    x, y = np.meshgrid(np.arange(shape[1], dtype=np.float32), np.arange(shape[0], dtype=np.float32))
    x, y = (axis + hair * smooth_noise(rng, shape, (hair, hair)) for axis in (x, y))
    canvas = displace_pixels(canvas, x, y)
    coating = resize_linearly(coat.texture, shape)
    light = np.linspace(1.12, 0.78, shape[0], dtype=np.float32)[:, None, None]
    canvas[..., :3] = np.clip(canvas[..., :3] * coating * light, 0, 255).astype(np.uint8)
    return canvas


def _draw_shadow(frame: np.ndarray, x: int, floor: int, width: int) -> None:
    reach = max(2, width // 24)
    top, left = max(0, floor - 3 * reach), max(0, x - width // 2 - reach)
    ground = frame[top : floor + 3 * reach, left : x + width // 2 + reach]
    shadow = np.ones(ground.shape[:2], np.float32)
    fill_polygon(shadow, make_ellipse(x - left, floor - top, width * 0.46, reach), (0.45,))
    ground[:] = (ground * blur_box(shadow, reach)[..., None]).astype(np.uint8)
