"""Cats and dogs drawn by code: a coat and a pose become a picture with an exact box; `sample_videos` films them.

What tells a mood is the pose and the face (ears, eyes, brows, mouth, tail, how tall the animal stands). Coat,
background, size and place are drawn apart from the mood: a network has to look at the animal to learn anything.
An animal is modelled facing right, its feet on y = 0, y down, its body about two units long.
"""

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

from shards.crop_geometry import Box

SHIFT = 4  # polygons are drawn in sixteenths of a pixel
TEXTURE = 512  # pixels of a coat's side
HEAD_SIZE = 1.35  # against the body's
SMALLEST, LARGEST = 0.335, 0.775  # an animal's longer side, in short sides of the frame
COLOURS = ((40, 42, 48), (235, 238, 240), (70, 130, 200), (110, 120, 130), (60, 85, 125), (150, 190, 215))  # BGR
PINK, DARK, WHITE, TOOTH = (140, 120, 235), (25, 22, 28), (240, 244, 246), (230, 245, 250)


class Pose(NamedTuple):
    stand: float  # length of the legs: 0 lying, 1 on its toes
    arch: float  # of the back
    head: float  # its height over the shoulders
    lunge: float  # its reach forward
    ears: float  # 0 pricked, 1 flat
    tail: float  # -1 tucked, 0 level, 1 upright
    eyes: float  # 0 closed, 1 wide
    pupil: float
    brows: float  # 1 inner ends down (threat), -1 inner ends up (worry)
    mouth: float  # how far it is open
    teeth: float
    tongue: float
    hackles: float


class MoodPose(NamedTuple):
    pose: Pose
    tension: float  # how far a pose strays from one rest to the next


MOODS = (  # by the numbers of shards.emotions
    MoodPose(Pose(0.8, 0.45, 0.1, 0.0, 0.9, 0.9, 0.5, 0.35, 0.9, 0.35, 1.0, 0.0, 0.5), 0.7),
    MoodPose(Pose(0.12, 0.3, -0.5, -0.15, 1.0, -1.0, 1.0, 0.95, -0.3, 0.0, 0.0, 0.0, 0.0), 0.5),
    MoodPose(Pose(0.75, -0.05, 0.6, 0.0, 0.05, 0.75, 0.75, 0.6, 0.0, 0.8, 0.0, 1.0, 0.0), 1.0),
    MoodPose(Pose(0.0, 0.05, 0.15, 0.0, 0.15, -0.25, 0.0, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0), 0.4),
    MoodPose(Pose(0.95, 0.0, -0.45, 0.35, 0.65, 0.15, 0.7, 0.2, 1.0, 1.0, 1.0, 0.0, 1.0), 0.9),
    MoodPose(Pose(0.5, 0.25, -0.2, -0.05, 0.5, -0.65, 0.55, 0.75, -1.0, 0.08, 0.0, 0.0, 0.0), 0.6),
)


@dataclass(frozen=True)
class Coat:
    """What an animal keeps through all its videos."""

    dog: bool
    colour: tuple[int, int, int]  # BGR
    iris: tuple[int, int, int]
    floppy: bool  # ears
    slim: float  # 0.8 to 1.1
    texture: np.ndarray  # (TEXTURE, TEXTURE, 3) float32, multiplies the colour
    size: float  # longer side at an ordinary distance, in short sides of the frame


class View(NamedTuple):
    """How an animal is seen while it rests: drawn anew each time that it moves."""

    pose: Pose
    gait: float  # -1 to 1
    turn: float  # foreshortening of the body: 1 from the side
    look: float  # the face to the left or right of the head, -1 to 1
    tilt: float  # radians
    wag: float  # radians
    mirrored: bool
    size: float
    place: tuple[float, float]  # of the box in what room there is, 0 to 1


class BodyPart(NamedTuple):
    outline: np.ndarray  # (n, 2) float
    shade: float | tuple[int, int, int]  # of the coat's colour, or a colour of its own (then it is no fur)


def ripple(rng: np.random.Generator, shape: tuple[int, int], cells: tuple[float, float]) -> np.ndarray:
    """Smooth noise of -1 to 1, float32, with `cells` = pixels from bump to bump (vertical, horizontal)."""
    grid = [max(2, round(side / cell)) for side, cell in zip(shape, cells, strict=True)]
    small = rng.uniform(-1, 1, grid).astype(np.float32)
    return np.clip(cv2.resize(small, shape[::-1], interpolation=cv2.INTER_CUBIC), -1, 1)


def grow_coat(rng: np.random.Generator, dog: bool) -> Coat:
    """A coat at random: one colour, striped, or patched with a second colour."""
    colour, second = (COLOURS[i] for i in rng.choice(len(COLOURS), 2, replace=False))
    side = (TEXTURE, TEXTURE)
    across = np.arange(TEXTURE, dtype=np.float32) * rng.uniform(0.08, 0.2)
    stripes = np.sin(across[None, :] + 3 * ripple(rng, side, (90, 90))) * 2
    patches = ripple(rng, side, (130, 130)) * 6
    share = np.clip((stripes, patches, patches - 9)[rng.integers(3)], 0, 1)[..., None]
    other = np.array(second, np.float32) / np.array(colour, np.float32)
    grain = 1 + 0.16 * ripple(rng, side, (9, 3)) + 0.1 * ripple(rng, side, (3, 2)) + 0.12 * ripple(rng, side, (60, 60))
    texture = ((1 - share) + share * other) * grain[..., None]
    iris = ((60, 190, 170), (40, 150, 210), (190, 160, 80), (30, 70, 120))[rng.integers(4)]
    size, slim = rng.uniform(0.45, 0.64), rng.uniform(0.8, 1.1)
    return Coat(dog, colour, iris, bool(dog and rng.random() < 0.6), slim, texture.astype(np.float32), size)


def strike_pose(rng: np.random.Generator, mood: MoodPose, coat: Coat, before: View | None) -> View:
    """The next view of an animal; far enough from the one before that nobody takes it for the same picture."""
    spread = np.array([0.06, 0.08, 0.12, 0.06, 0.07, 0.12, 0.05, 0.08, 0.1, 0.06, 0, 0, 0.1]) * (0.6 + mood.tension)
    floor = [0, -1, -1, -1, 0, -1, 0, 0.15, -1, 0, 0, 0, 0]
    pose = Pose(*np.clip(np.array(mood.pose) + rng.normal(0, 1, 13) * spread, floor, 1).tolist())
    mirrored = bool(rng.random() < 0.5) if before is None else before.mirrored != bool(rng.random() < 0.6)
    turn = rng.uniform(0.55, 1.0) if before is None else 0.5 + (before.turn - 0.5 + rng.uniform(0.15, 0.35)) % 0.5
    place = rng.uniform(0, 1, 2) if before is None else (np.array(before.place) + rng.uniform(0.25, 0.75, 2)) % 1
    gait, look = rng.uniform(-1, 1, 2) * (0.4 + 0.6 * mood.tension)
    tilt, wag = rng.normal(0, 0.07), rng.normal(0, 0.5) * mood.tension
    size = float(np.clip(coat.size * rng.uniform(0.8, 1.2), SMALLEST + 0.01, LARGEST - 0.02))
    return View(pose, gait, turn, look, tilt, wag, mirrored, size, (float(place[0]), float(place[1])))


def oval(x: float, y: float, rx: float, ry: float, turned: float = 0.0) -> np.ndarray:
    """The outline of an ellipse, its first radius turned by an angle in radians."""
    t = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    cos, sin = np.cos(turned), np.sin(turned)
    return np.array([x, y]) + np.stack([rx * np.cos(t), ry * np.sin(t)], 1) @ np.array([[cos, sin], [-sin, cos]])


def bend(*points: tuple[float, float]) -> np.ndarray:
    """A smooth path of 24 points from the first of three points to the last, drawn towards the middle one."""
    t = np.linspace(0, 1, 24)[:, None]
    a, b, c = (np.array(point) for point in points)
    return (1 - t) ** 2 * a + 2 * t * (1 - t) * b + t**2 * c


def tube(path: np.ndarray, first: float, last: float) -> np.ndarray:
    """The outline of a limb along a path, its radius going from `first` to `last`, with round ends."""
    ahead = np.gradient(path, axis=0)
    angle = np.arctan2(ahead[:, 1], ahead[:, 0])
    radius = np.linspace(first, last, len(path))[:, None]
    aside = np.stack([-np.sin(angle), np.cos(angle)], 1) * radius
    cap = np.linspace(np.pi / 2, -np.pi / 2, 9)
    end = path[-1] + last * np.stack([np.cos(angle[-1] + cap), np.sin(angle[-1] + cap)], 1)
    start = path[0] - first * np.stack([np.cos(angle[0] + cap), np.sin(angle[0] + cap)], 1)
    return np.concatenate([path + aside, end, (path - aside)[::-1], start])


def body_parts(coat: Coat, view: View) -> list[BodyPart]:
    """Tail, legs, back and neck, those farther away first; all of it fur."""
    pose, long = view.pose, view.turn
    leg, thick = 0.12 + 0.62 * pose.stand, 0.4 * coat.slim
    rump, chest = (-0.8 * long, -leg - thick), (0.62 * long, -leg - thick - 0.08 * pose.head)
    spine = bend(rump, (0.0, rump[1] - 0.8 * pose.arch), chest)
    parts = [BodyPart(tail_outline(rump, view, thick), 0.85)]
    for far, x in ((1, 0.5), (1, -0.72), (0, 0.62), (0, -0.6)):
        step = view.gait * (0.25 if far else -0.25) * pose.stand
        hip, foot = (x * long, -leg - 0.5 * thick), (x * long + step + 0.3 * (1 - pose.stand), -0.1)
        knee = ((hip[0] + foot[0]) / 2 - 0.1, (hip[1] + foot[1]) / 2)
        parts += [BodyPart(tube(bend(hip, knee, foot), 0.19, 0.1), 0.62 if far else 0.9)]
        parts += [BodyPart(oval(foot[0] + 0.07, -0.075, 0.17, 0.085), 0.62 if far else 0.95)]
    if pose.hackles > 0.1:
        parts.append(BodyPart(spikes(spine, thick, pose.hackles), 0.7))
    neck = bend(chest, (chest[0] + 0.1, chest[1] - 0.1), head_centre(view))
    return [*parts, BodyPart(tube(spine, thick, thick * 0.95), 1.0), BodyPart(tube(neck, 0.3, 0.26), 0.97)]


def head_centre(view: View) -> tuple[float, float]:
    leg = 0.12 + 0.62 * view.pose.stand
    return 0.62 * view.turn + 0.34 + view.pose.lunge, min(-leg - 0.62 - 0.5 * view.pose.head, -0.36)


def tail_outline(rump: tuple[float, float], view: View, thick: float) -> np.ndarray:
    angle = np.pi + np.radians(80) * view.pose.tail
    knee = np.array(rump) + [-0.25, -0.05] + 0.55 * np.array([np.cos(angle), np.sin(angle)])
    tip = knee + 0.5 * np.array([np.cos(angle + view.wag), np.sin(angle + view.wag)])
    root = (rump[0] - 0.6 * thick, rump[1] - 0.1)
    path = np.minimum(bend(root, tuple(knee), tuple(tip)), [np.inf, -0.08])  # a tail lies on the ground, not in it
    return tube(path, 0.1 + 0.06 * view.pose.hackles, 0.06 + 0.08 * view.pose.hackles)


def spikes(spine: np.ndarray, thick: float, hackles: float) -> np.ndarray:
    """Hair on end along the back."""
    height = np.where(np.arange(len(spine)) % 2, 0.03, 0.3 * hackles)
    crest = spine + np.stack([-0.3 * height, -thick * 0.95 - height], 1)
    return np.concatenate([crest, spine[::-1]])


def head_parts(coat: Coat, view: View) -> list[BodyPart]:
    """Skull, ears and muzzle: the fur of the head."""
    x, y = head_centre(view)
    parts = [BodyPart(oval(x, y, 0.37, 0.34), 1.08)]
    for side in (-1, 1):
        root, out = np.array([x + side * 0.22, y - 0.24]), np.radians(90 - side * (20 + 85 * view.pose.ears))
        if coat.floppy:
            root, out = np.array([x + side * 0.31, y - 0.18]), np.radians(90 - side * (75 + 95 * view.pose.ears))
        tip = root + 0.42 * np.array([np.cos(out), -np.sin(out)])
        width = 0.16 * np.array([np.sin(out), np.cos(out)])
        pricked = np.stack([root - width, tip, root + width, root + (root - tip) * 0.2])
        ear = tube(np.linspace(root, tip, 12), 0.1, 0.14) if coat.floppy else pricked
        parts.append(BodyPart(ear, 0.72))
        if not coat.floppy:
            parts.append(BodyPart(root + (ear - root) * 0.55, PINK))
    middle = x + 0.1 * view.look
    return [*parts, BodyPart(oval(middle, y + 0.16, 0.21 if coat.dog else 0.16, 0.15), 1.3)]


def face_parts(coat: Coat, view: View) -> list[BodyPart]:
    """Eyes, brows, nose and mouth: no fur, and drawn sharp."""
    x, y = head_centre(view)
    middle, pose = x + 0.1 * view.look, view.pose
    parts = mouth_parts(middle, y + 0.2, pose)
    parts.append(BodyPart(oval(middle, y + 0.09, 0.075 if coat.dog else 0.05, 0.045), DARK))
    for side in (-1, 1):
        parts += eye_parts(middle + side * 0.16, y - 0.07, side, coat, pose)
    return parts


def mouth_parts(x: float, y: float, pose: Pose) -> list[BodyPart]:
    wide, deep = 0.12 + 0.06 * pose.teeth, 0.015 + 0.15 * pose.mouth
    parts = [BodyPart(oval(x, y + deep, wide, deep), DARK)]
    if pose.tongue > 0.5 and pose.mouth > 0.2:
        parts.append(BodyPart(oval(x, y + 1.5 * deep + 0.04, 0.08, 0.8 * deep + 0.02), PINK))
    if pose.teeth > 0.5:
        for place in (-0.75, -0.3, 0.3, 0.75):
            root, tip = x + place * wide, y + deep * (0.9 + 0.5 * abs(place))
            parts.append(BodyPart(np.array([[root - 0.03, y], [root + 0.03, y], [root, tip]]), TOOTH))
    return parts


def eye_parts(x: float, y: float, side: int, coat: Coat, pose: Pose) -> list[BodyPart]:
    slant = 0.06 * side * pose.brows
    brow = bend((x - 0.1, y - 0.13 + slant), (x, y - 0.15), (x + 0.1, y - 0.13 - slant))
    parts = [BodyPart(tube(brow, 0.018, 0.018), DARK)] if abs(pose.brows) > 0.4 else []
    if pose.eyes < 0.25:
        return [*parts, BodyPart(tube(bend((x - 0.1, y), (x, y + 0.08), (x + 0.1, y)), 0.02, 0.02), DARK)]
    high = 0.1 * pose.eyes
    white = BodyPart(oval(x, y, 0.095, high), WHITE)
    iris = BodyPart(oval(x, y, min(0.08, 0.9 * high + 0.02), 0.92 * high), coat.iris)
    return [*parts, white, iris, BodyPart(oval(x, y, 0.075 * pose.pupil, 0.85 * high * max(pose.pupil, 0.6)), DARK)]


def enlarge(parts: list[BodyPart], centre: tuple[float, float]) -> list[BodyPart]:
    """Heads are drawn large, as cartoons have them: a face must be legible in a crop of 100 pixels."""
    return [BodyPart(HEAD_SIZE * (outline - centre) + centre, shade) for outline, shade in parts]


def fill(canvas: np.ndarray, outline: np.ndarray, colour: tuple) -> None:
    points = np.round(outline * (1 << SHIFT)).astype(np.int32)
    cv2.fillPoly(canvas, [points], colour, cv2.LINE_AA, SHIFT)


def draw_animal(rng: np.random.Generator, coat: Coat, view: View, longer: int) -> tuple[np.ndarray, np.ndarray]:
    """The animal, (h, w, 3) uint8 BGR, and how much of each pixel it covers, (h, w) uint8; longer side in pixels."""
    head, face = (enlarge(make(coat, view), head_centre(view)) for make in (head_parts, face_parts))
    fur = body_parts(coat, view) + head
    cos, sin = np.cos(view.tilt), np.sin(view.tilt)
    turned = [part.outline @ np.array([[cos, sin], [-sin, cos]]) for part in fur + face]
    every = np.concatenate(turned)
    low, high = every.min(0), every.max(0)
    scale, margin = longer / float(np.max(high - low)), 8 + longer // 50
    width, height = (int(side) + 2 * margin for side in np.ceil((high - low) * scale))
    canvas = np.zeros((height, width, 4), np.uint8)  # BGR and cover
    for index, (outline, part) in enumerate(zip(turned, fur + face, strict=True)):
        if index == len(fur):
            canvas = grow_fur(rng, canvas, coat, longer)
        colour = part.shade if isinstance(part.shade, tuple) else tuple(min(255, c * part.shade) for c in coat.colour)
        fill(canvas, (outline - low) * scale + margin, (*colour, 255))
    canvas = canvas[:, ::-1] if view.mirrored else canvas
    return np.ascontiguousarray(canvas[..., :3]), np.ascontiguousarray(canvas[..., 3])


def grow_fur(rng: np.random.Generator, canvas: np.ndarray, coat: Coat, longer: int) -> np.ndarray:
    """Fringed outlines, the coat's pattern, light from above."""
    shape, hair = canvas.shape[:2], max(2.0, longer / 110)
    x, y = np.meshgrid(np.arange(shape[1], dtype=np.float32), np.arange(shape[0], dtype=np.float32))
    x, y = (axis + hair * ripple(rng, shape, (hair, hair)) for axis in (x, y))
    canvas = cv2.remap(canvas, x, y, cv2.INTER_LINEAR)
    coating = cv2.resize(coat.texture, shape[::-1], interpolation=cv2.INTER_LINEAR)
    light = np.linspace(1.12, 0.78, shape[0], dtype=np.float32)[:, None, None]
    canvas[..., :3] = np.clip(canvas[..., :3] * coating * light, 0, 255).astype(np.uint8)
    return canvas


def put_animal(rng: np.random.Generator, background: np.ndarray, coat: Coat, view: View) -> tuple[np.ndarray, Box]:
    """The background with the animal on it and the box around all that it covers by half or more."""
    rows, columns = background.shape[:2]
    animal, cover = draw_animal(rng, coat, view, round(view.size * min(rows, columns)))
    box = Box(*cv2.boundingRect((cover > 127).astype(np.uint8)))
    animal, cover = (layer[box.y : box.y + box.height, box.x : box.x + box.width] for layer in (animal, cover))
    left = round(view.place[0] * (columns - box.width))
    top = round((0.35 + 0.65 * view.place[1]) * (rows - box.height))  # rather on the floor than under the ceiling
    frame = background.copy()
    cast_shadow(frame, left + box.width // 2, top + box.height, box.width)
    room = frame[top : top + box.height, left : left + box.width]
    alpha = cover[..., None].astype(np.float32) / 255
    room[:] = np.minimum(animal + room * (1 - alpha), 255).astype(np.uint8)
    return frame, Box(left, top, box.width, box.height)


def cast_shadow(frame: np.ndarray, x: int, floor: int, width: int) -> None:
    reach = max(2, width // 24)
    top, left = max(0, floor - 3 * reach), max(0, x - width // 2 - reach)
    ground = frame[top : floor + 3 * reach, left : x + width // 2 + reach]
    shadow = np.ones(ground.shape[:2], np.float32)
    fill(shadow, oval(x - left, floor - top, width * 0.46, reach), (0.45,))
    ground[:] = (ground * cv2.blur(shadow, (reach, reach))[..., None]).astype(np.uint8)


def paint_background(rng: np.random.Generator, width: int, height: int, outdoor: bool) -> np.ndarray:
    """A place like no other, (height, width, 3) uint8: a room with furniture, or a field with trees."""
    shape, short = (height, width), min(width, height)
    horizon = round(height * rng.uniform(0.35, 0.6))
    above, below = tint(rng), tint(rng)
    if outdoor:
        above, below = rng.uniform((190, 150, 120), (250, 205, 175)), rng.uniform((20, 80, 50), (80, 170, 130))
    place = np.empty((*shape, 3), np.uint8)
    place[:horizon], place[horizon:] = above, below
    (plant_trees if outdoor else furnish)(rng, place, horizon)
    bumps = 30 * ripple(rng, shape, (0.2 * short, 0.25 * short)) + 18 * ripple(rng, shape, (0.05 * short, 0.04 * short))
    bumps += 12 * ripple(rng, shape, (0.02 * short, 0.005 * short) if outdoor else (0.004 * short, 0.03 * short))
    return np.clip(place + bumps[..., None], 0, 255).astype(np.uint8)


def tint(rng: np.random.Generator) -> np.ndarray:
    """A colour of a room, (3,) float BGR: rather muted."""
    return rng.uniform(40, 220) + rng.uniform(-35, 35, 3)


def furnish(rng: np.random.Generator, place: np.ndarray, horizon: int) -> None:
    """Wallpaper, floor boards, furniture, a rug."""
    rows, columns, _ = place.shape
    stripe, away = round(rng.uniform(0.03, 0.1) * columns), rng.uniform(-1, 2) * columns
    for left in range(0, columns, 2 * stripe):
        place[:horizon, left : left + stripe] = place[0, -1] * 0.8
    boards = np.array([away, horizon - 0.5 * rows]) + np.linspace(-0.5, 0.5, 9)[:, None] * [8 * columns, 0]
    for foot in boards:
        fill(
            place[horizon:],
            np.array([[away, -0.5 * rows], [foot[0], rows], [foot[0] + 0.03 * columns, rows]]),
            (60,) * 3,
        )
    for _ in range(rng.integers(4, 8)):
        wide, high = rng.uniform(0.08, 0.3) * columns, rng.uniform(0.12, 0.45) * rows
        left, foot = rng.uniform(-0.1, 0.95) * columns, horizon + rng.uniform(-0.3, 0.25) * rows
        colour = tint(rng)
        for inset, shade in ((0.0, 0.7), (0.06, 1.0), (0.3, 0.85)):
            dx, dy = inset * wide, inset * high
            corners = ((left + dx, foot - dy), (left + dx, foot - high + dy))
            corners += ((left + wide - dx, foot - high + dy), (left + wide - dx, foot - dy))
            fill(place, np.array(corners), tuple(colour * shade))
    rug = oval(rng.uniform(0.2, 0.8) * columns, rng.uniform(0.75, 0.95) * rows, 0.3 * columns, 0.1 * rows)
    fill(place, rug, tuple(tint(rng)))


def plant_trees(rng: np.random.Generator, place: np.ndarray, horizon: int) -> None:
    """Clouds, trees with trunks, a path, tufts of grass."""
    rows, columns, _ = place.shape
    for _ in range(rng.integers(2, 6)):
        middle = rng.uniform(0, 1, 2) * [columns, 0.8 * horizon]
        fill(place, oval(*middle, rng.uniform(0.05, 0.2) * columns, rng.uniform(0.02, 0.06) * rows), (250, 248, 245))
    for _ in range(rng.integers(3, 8)):
        x, foot, radius = rng.uniform(0, columns), horizon + rng.uniform(0, 0.12) * rows, rng.uniform(0.08, 0.2) * rows
        fill(
            place,
            tube(bend((x, foot), (x, foot - radius), (x, foot - 2 * radius)), 0.2 * radius, 0.1 * radius),
            (40, 60, 85),
        )
        leaves = rng.uniform((20, 60, 20), (80, 150, 110))
        for _ in range(12):
            dx, dy = rng.normal(0, 0.5, 2) * radius
            fill(
                place,
                oval(x + dx, foot - 2 * radius + dy, 0.5 * radius, 0.45 * radius),
                tuple(leaves * rng.uniform(0.7, 1.2)),
            )
    ends = rng.uniform(-0.2, 1.2, 3) * columns
    path = tube(bend((ends[0], rows), (ends[1], 0.7 * rows), (ends[2], horizon)), 0.12 * columns, 0.01 * columns)
    fill(place[horizon:], path - [0, horizon], (120, 150, 175))
    for _ in range(60):
        x, y = rng.uniform(0, columns), rng.uniform(horizon, rows)
        fill(
            place,
            oval(x, y, rng.uniform(0.005, 0.03) * columns, 0.008 * rows),
            tuple(rng.uniform((10, 60, 30), (90, 190, 150))),
        )
