"""Outlines of simple shapes: (n, 2) arrays with the x and y of a polygon's corners, y down."""

import numpy as np


def make_ellipse(x: float, y: float, rx: float, ry: float, turned: float = 0.0) -> np.ndarray:
    """An ellipse around x and y with the radii rx and ry, turned by an angle in radians."""
    t = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    cos, sin = np.cos(turned), np.sin(turned)
    return np.array([x, y]) + np.stack([rx * np.cos(t), ry * np.sin(t)], 1) @ np.array([[cos, sin], [-sin, cos]])


def make_curve(*points: tuple[float, float]) -> np.ndarray:
    """A quadratic Bézier curve of 24 points from the first of three points to the last; not closed."""
    t = np.linspace(0, 1, 24)[:, None]
    a, b, c = (np.array(point) for point in points)
    return (1 - t) ** 2 * a + 2 * t * (1 - t) * b + t**2 * c


def make_tube(path: np.ndarray, first: float, last: float) -> np.ndarray:
    """A tube with round ends along a path, its radius changing linearly from `first` to `last`."""
    ahead = np.gradient(path, axis=0)
    angle = np.arctan2(ahead[:, 1], ahead[:, 0])
    radius = np.linspace(first, last, len(path))[:, None]
    aside = np.stack([-np.sin(angle), np.cos(angle)], 1) * radius
    cap = np.linspace(np.pi / 2, -np.pi / 2, 9)
    end = path[-1] + last * np.stack([np.cos(angle[-1] + cap), np.sin(angle[-1] + cap)], 1)
    start = path[0] - first * np.stack([np.cos(angle[0] + cap), np.sin(angle[0] + cap)], 1)
    return np.concatenate([path + aside, end, (path - aside)[::-1], start])


def make_spikes(spine: np.ndarray, thick: float, hackles: float) -> np.ndarray:
    """Raised hair along a back: `thick` is half of the back's thickness, `hackles` the height of the hair, 0 to 1."""
    height = np.where(np.arange(len(spine)) % 2, 0.03, 0.3 * hackles)
    crest = spine + np.stack([-0.3 * height, -thick * 0.95 - height], 1)
    return np.concatenate([crest, spine[::-1]])
