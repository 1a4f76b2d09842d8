"""Paints backgrounds: rooms with furniture and fields with trees."""

import numpy as np

from tools.sample.canvas import fill_polygon, smooth_noise
from tools.sample.outlines import make_curve, make_ellipse, make_tube


def paint_background(rng: np.random.Generator, width: int, height: int, outdoor: bool) -> np.ndarray:
    """A random room or, outdoors, a field, (height, width, 3) uint8 BGR."""
    shape, short = (height, width), min(width, height)
    horizon = round(height * rng.uniform(0.35, 0.6))
    above, below = _choose_room_colour(rng), _choose_room_colour(rng)
    if outdoor:
        above, below = rng.uniform((190, 150, 120), (250, 205, 175)), rng.uniform((20, 80, 50), (80, 170, 130))
    place = np.empty((*shape, 3), np.uint8)
    place[:horizon], place[horizon:] = above, below
    (_paint_field if outdoor else _paint_room)(rng, place, horizon)
    bumps = 30 * smooth_noise(rng, shape, (0.2 * short, 0.25 * short))
    bumps += 18 * smooth_noise(rng, shape, (0.05 * short, 0.04 * short))
    bumps += 12 * smooth_noise(rng, shape, (0.02 * short, 0.005 * short) if outdoor else (0.004 * short, 0.03 * short))
    return np.clip(place + bumps[..., None], 0, 255).astype(np.uint8)


def _paint_room(rng: np.random.Generator, place: np.ndarray, horizon: int) -> None:
    """Paint wallpaper, floor boards, furniture and a rug."""
    rows, columns, _ = place.shape
    stripe, away = round(rng.uniform(0.03, 0.1) * columns), rng.uniform(-1, 2) * columns
    for left in range(0, columns, 2 * stripe):
        place[:horizon, left : left + stripe] = place[0, -1] * 0.8
    boards = np.array([away, horizon - 0.5 * rows]) + np.linspace(-0.5, 0.5, 9)[:, None] * [8 * columns, 0]
    for foot in boards:
        gap = np.array([[away, -0.5 * rows], [foot[0], rows], [foot[0] + 0.03 * columns, rows]])
        fill_polygon(place[horizon:], gap, (60,) * 3)
    for _ in range(rng.integers(4, 8)):
        wide, high = rng.uniform(0.08, 0.3) * columns, rng.uniform(0.12, 0.45) * rows
        left, foot = rng.uniform(-0.1, 0.95) * columns, horizon + rng.uniform(-0.3, 0.25) * rows
        colour = _choose_room_colour(rng)
        for inset, shade in ((0.0, 0.7), (0.06, 1.0), (0.3, 0.85)):
            dx, dy = inset * wide, inset * high
            corners = ((left + dx, foot - dy), (left + dx, foot - high + dy))
            corners += ((left + wide - dx, foot - high + dy), (left + wide - dx, foot - dy))
            fill_polygon(place, np.array(corners), tuple(colour * shade))
    rug = make_ellipse(rng.uniform(0.2, 0.8) * columns, rng.uniform(0.75, 0.95) * rows, 0.3 * columns, 0.1 * rows)
    fill_polygon(place, rug, tuple(_choose_room_colour(rng)))


def _choose_room_colour(rng: np.random.Generator) -> np.ndarray:
    """A muted random colour, (3,) float BGR."""
    return rng.uniform(40, 220) + rng.uniform(-35, 35, 3)


def _paint_field(rng: np.random.Generator, place: np.ndarray, horizon: int) -> None:
    """Paint clouds, trees, a path and tufts of grass."""
    rows, columns, _ = place.shape
    for _ in range(rng.integers(2, 6)):
        middle = rng.uniform(0, 1, 2) * [columns, 0.8 * horizon]
        cloud = make_ellipse(*middle, rng.uniform(0.05, 0.2) * columns, rng.uniform(0.02, 0.06) * rows)
        fill_polygon(place, cloud, (250, 248, 245))
    for _ in range(rng.integers(3, 8)):
        x, foot, radius = rng.uniform(0, columns), horizon + rng.uniform(0, 0.12) * rows, rng.uniform(0.08, 0.2) * rows
        trunk = make_curve((x, foot), (x, foot - radius), (x, foot - 2 * radius))
        fill_polygon(place, make_tube(trunk, 0.2 * radius, 0.1 * radius), (40, 60, 85))
        leaves = rng.uniform((20, 60, 20), (80, 150, 110))
        for _ in range(12):
            dx, dy = rng.normal(0, 0.5, 2) * radius
            bunch = make_ellipse(x + dx, foot - 2 * radius + dy, 0.5 * radius, 0.45 * radius)
            fill_polygon(place, bunch, tuple(leaves * rng.uniform(0.7, 1.2)))
    ends = rng.uniform(-0.2, 1.2, 3) * columns
    path = make_curve((ends[0], rows), (ends[1], 0.7 * rows), (ends[2], horizon))
    fill_polygon(place[horizon:], make_tube(path, 0.12 * columns, 0.01 * columns) - [0, horizon], (120, 150, 175))
    for _ in range(60):
        x, y = rng.uniform(0, columns), rng.uniform(horizon, rows)
        tuft = make_ellipse(x, y, rng.uniform(0.005, 0.03) * columns, 0.008 * rows)
        fill_polygon(place, tuft, tuple(rng.uniform((10, 60, 30), (90, 190, 150))))
