"""Parts of an animal as outlines with a colour.

An animal faces right and stands with its feet on y = 0; y points down, and its body is about two units long.
"""

from typing import NamedTuple

import numpy as np

from tools.sample.animals import Coat, Pose, View
from tools.sample.outlines import make_curve, make_ellipse, make_spikes, make_tube

# As a cartoon's, against the body and against the head: a network of four convolutions that has seen some hundred crops
# recognizes a face by its eyes and mouth, which have to be wider than a few pixels for that.
_HEAD_SCALE, _EYE_SCALE, _MOUTH_SCALE = 2.0, 1.5, 1.4
_PINK, _DARK, _WHITE, _TOOTH = (140, 120, 235), (25, 22, 28), (240, 244, 246), (230, 245, 250)  # BGR


class BodyPart(NamedTuple):
    """A polygon and its colour."""

    outline: np.ndarray  # (n, 2) float, x and y
    colour: float | tuple[int, int, int]  # the brightness of the coat's colour, or a BGR colour


def make_body(coat: Coat, view: View) -> list[BodyPart]:
    """Tail, legs, back and neck, the parts that are farther away first. All of them are fur."""
    pose, long = view.pose, view.turn
    leg, thick = 0.12 + 0.62 * pose.stand, 0.4 * coat.slim
    rump, chest = (-0.8 * long, -leg - thick), (0.62 * long, -leg - thick - 0.08 * pose.head)
    spine = make_curve(rump, (0.0, rump[1] - 0.8 * pose.arch), chest)
    parts = [BodyPart(_make_tail(rump, view, thick), 0.85)]
    for far, x in ((1, 0.5), (1, -0.72), (0, 0.62), (0, -0.6)):
        step = view.gait * (0.25 if far else -0.25) * pose.stand
        hip, foot = (x * long, -leg - 0.5 * thick), (x * long + step + 0.3 * (1 - pose.stand), -0.1)
        knee = ((hip[0] + foot[0]) / 2 - 0.1, (hip[1] + foot[1]) / 2)
        parts += [BodyPart(make_tube(make_curve(hip, knee, foot), 0.19, 0.1), 0.62 if far else 0.9)]
        parts += [BodyPart(make_ellipse(foot[0] + 0.07, -0.075, 0.17, 0.085), 0.62 if far else 0.95)]
    if pose.hackles > 0.1:
        parts.append(BodyPart(make_spikes(spine, thick, pose.hackles), 0.7))
    neck = make_curve(chest, (chest[0] + 0.1, chest[1] - 0.1), _find_head_centre(view))
    return [*parts, BodyPart(make_tube(spine, thick, thick * 0.95), 1.0), BodyPart(make_tube(neck, 0.3, 0.26), 0.97)]


def _make_tail(rump: tuple[float, float], view: View, thick: float) -> np.ndarray:
    angle = np.pi + np.radians(80) * view.pose.tail
    knee = np.array(rump) + [-0.25, -0.05] + 0.55 * np.array([np.cos(angle), np.sin(angle)])
    tip = knee + 0.5 * np.array([np.cos(angle + view.wag), np.sin(angle + view.wag)])
    root = (rump[0] - 0.6 * thick, rump[1] - 0.1)
    path = np.minimum(make_curve(root, tuple(knee), tuple(tip)), [np.inf, -0.08])  # not below the ground
    return make_tube(path, 0.1 + 0.06 * view.pose.hackles, 0.06 + 0.08 * view.pose.hackles)


def _find_head_centre(view: View) -> tuple[float, float]:
    leg = 0.12 + 0.62 * view.pose.stand
    return 0.62 * view.turn + 0.34 + view.pose.lunge, min(-leg - 0.62 - 0.5 * view.pose.head, -0.36)


def _make_skull(coat: Coat, view: View) -> list[BodyPart]:
    x, y = _find_head_centre(view)
    parts = [BodyPart(make_ellipse(x, y, 0.37, 0.34), 1.08)]
    for side in (-1, 1):
        root, out = np.array([x + side * 0.22, y - 0.24]), np.radians(90 - side * (20 + 85 * view.pose.ears))
        if coat.floppy:
            root, out = np.array([x + side * 0.31, y - 0.18]), np.radians(90 - side * (75 + 95 * view.pose.ears))
        tip = root + 0.42 * np.array([np.cos(out), -np.sin(out)])
        width = 0.16 * np.array([np.sin(out), np.cos(out)])
        pricked = np.stack([root - width, tip, root + width, root + (root - tip) * 0.2])
        ear = make_tube(np.linspace(root, tip, 12), 0.1, 0.14) if coat.floppy else pricked
        parts.append(BodyPart(ear, 0.72))
        if not coat.floppy:
            parts.append(BodyPart(root + (ear - root) * 0.55, _PINK))
    middle = x + 0.1 * view.face_shift
    return [*parts, BodyPart(make_ellipse(middle, y + 0.16, 0.21 if coat.dog else 0.16, 0.15), 1.3)]


def _make_features(coat: Coat, view: View) -> list[BodyPart]:
    x, y = _find_head_centre(view)
    middle, pose = x + 0.1 * view.face_shift, view.pose
    parts = _enlarge(_make_mouth(middle, y + 0.2, pose), (middle, y + 0.2), _MOUTH_SCALE)
    parts.append(BodyPart(make_ellipse(middle, y + 0.09, 0.075 if coat.dog else 0.05, 0.045), _DARK))
    for side in (-1, 1):
        eye = (middle + side * 0.21, y - 0.09)
        parts += _enlarge(_make_eye(*eye, side, coat, pose), eye, _EYE_SCALE)
    return parts


def _make_mouth(x: float, y: float, pose: Pose) -> list[BodyPart]:
    wide, deep = 0.12 + 0.06 * pose.teeth, 0.015 + 0.15 * pose.mouth
    parts = [BodyPart(make_ellipse(x, y + deep, wide, deep), _DARK)]
    if pose.tongue > 0.5 and pose.mouth > 0.2:
        parts.append(BodyPart(make_ellipse(x, y + 1.5 * deep + 0.04, 0.08, 0.8 * deep + 0.02), _PINK))
    if pose.teeth > 0.5:
        for place in (-0.75, -0.3, 0.3, 0.75):
            root, tip = x + place * wide, y + deep * (0.9 + 0.5 * abs(place))
            parts.append(BodyPart(np.array([[root - 0.03, y], [root + 0.03, y], [root, tip]]), _TOOTH))
    return parts


def _make_eye(x: float, y: float, side: int, coat: Coat, pose: Pose) -> list[BodyPart]:
    slant = 0.06 * side * pose.brows
    brow = make_curve((x - 0.1, y - 0.13 + slant), (x, y - 0.15), (x + 0.1, y - 0.13 - slant))
    parts = [BodyPart(make_tube(brow, 0.018, 0.018), _DARK)] if abs(pose.brows) > 0.4 else []
    if pose.eyes < 0.25:
        return [*parts, BodyPart(make_tube(make_curve((x - 0.1, y), (x, y + 0.08), (x + 0.1, y)), 0.02, 0.02), _DARK)]
    high = 0.1 * pose.eyes
    white = BodyPart(make_ellipse(x, y, 0.095, high), _WHITE)
    iris = BodyPart(make_ellipse(x, y, min(0.08, 0.9 * high + 0.02), 0.92 * high), coat.iris)
    pupil = BodyPart(make_ellipse(x, y, 0.075 * pose.pupil, 0.85 * high * max(pose.pupil, 0.6)), _DARK)
    return [*parts, white, iris, pupil]


def make_head(coat: Coat, view: View) -> list[BodyPart]:
    """Skull, ears and muzzle, which are fur."""
    return _enlarge(_make_skull(coat, view), _find_head_centre(view), _HEAD_SCALE)


def make_face(coat: Coat, view: View) -> list[BodyPart]:
    """Eyes, brows, nose and mouth, which are no fur."""
    return _enlarge(_make_features(coat, view), _find_head_centre(view), _HEAD_SCALE)


def _enlarge(parts: list[BodyPart], centre: tuple[float, float], scale: float) -> list[BodyPart]:
    return [BodyPart(scale * (outline - centre) + centre, colour) for outline, colour in parts]
