"""Looks of the sample's cats and dogs: coats, and poses by which the mood can be recognized.

The mood decides only the pose and the face (ears, eyes, brows, mouth, tail, how tall the animal stands). Coat,
background, size and place are drawn at random for all moods alike, so that a network has to look at the animal itself.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tools.sample.canvas import smooth_noise

SMALLEST, LARGEST = 0.335, 0.775  # an animal's longer side, in short sides of the frame
_TEXTURE_SIDE = 512  # pixels
_COAT_COLOURS = ((40, 42, 48), (235, 238, 240), (70, 130, 200), (110, 120, 130), (60, 85, 125), (150, 190, 215))  # BGR
_IRIS_COLOURS = ((60, 190, 170), (40, 150, 210), (190, 160, 80), (30, 70, 120))  # BGR


class Pose(NamedTuple):
    """What an animal does with its body and its face."""

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
    """The mean pose of a mood."""

    pose: Pose
    tension: float  # how much the pose differs from one view to the next


MOOD_POSES = (  # by the number of the mood, see shards.emotions
    MoodPose(Pose(0.8, 0.45, 0.1, 0.0, 0.9, 0.9, 0.5, 0.35, 0.9, 0.35, 1.0, 0.0, 0.5), 0.7),
    MoodPose(Pose(0.12, 0.3, -0.5, -0.15, 1.0, -1.0, 1.0, 0.95, -0.3, 0.0, 0.0, 0.0, 0.0), 0.5),
    MoodPose(Pose(0.75, -0.05, 0.6, 0.0, 0.05, 0.75, 0.75, 0.6, 0.0, 0.8, 0.0, 1.0, 0.0), 1.0),
    MoodPose(Pose(0.0, 0.05, 0.15, 0.0, 0.15, -0.25, 0.0, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0), 0.4),
    MoodPose(Pose(0.95, 0.0, -0.45, 0.35, 0.65, 0.15, 0.7, 0.2, 1.0, 1.0, 1.0, 0.0, 1.0), 0.9),
    MoodPose(Pose(0.5, 0.25, -0.2, -0.05, 0.5, -0.65, 0.55, 0.75, -1.0, 0.08, 0.0, 0.0, 0.0), 0.6),
)


@dataclass(frozen=True)
class Coat:
    """What stays the same in all videos of an animal."""

    dog: bool
    colour: tuple[int, int, int]  # BGR
    iris: tuple[int, int, int]
    floppy: bool  # ears
    slim: float  # 0.8 to 1.1
    texture: np.ndarray  # (512, 512, 3) float32, multiplies the colour
    size: float  # longer side at an ordinary distance, in short sides of the frame


class View(NamedTuple):
    """How an animal is seen until it moves again."""

    pose: Pose
    gait: float  # -1 to 1
    turn: float  # foreshortening of the body: 1 from the side
    face_shift: float  # of the face to the left or right of the head, -1 to 1
    tilt: float  # radians
    wag: float  # radians
    mirrored: bool
    size: float
    place: tuple[float, float]  # of the box: 0 at the left or upper edge, 1 at the right or lower one


def make_coat(rng: np.random.Generator, dog: bool) -> Coat:
    """A random coat: of one colour, or with stripes or patches of a second colour."""
    colour, second = (_COAT_COLOURS[i] for i in rng.choice(len(_COAT_COLOURS), 2, replace=False))
    shape = (_TEXTURE_SIDE, _TEXTURE_SIDE)
    across = np.arange(_TEXTURE_SIDE, dtype=np.float32) * rng.uniform(0.08, 0.2)
    stripes = np.sin(across[None, :] + 3 * smooth_noise(rng, shape, (90, 90))) * 2
    patches = smooth_noise(rng, shape, (130, 130)) * 6
    share = np.clip((stripes, patches, patches - 9)[rng.integers(3)], 0, 1)[..., None]
    other = np.array(second, np.float32) / np.array(colour, np.float32)
    grain = (
        1
        + 0.16 * smooth_noise(rng, shape, (9, 3))
        + 0.1 * smooth_noise(rng, shape, (3, 2))
        + 0.12 * smooth_noise(rng, shape, (60, 60))
    )
    texture = ((1 - share) + share * other) * grain[..., None]
    iris = _IRIS_COLOURS[rng.integers(4)]
    size, slim = rng.uniform(0.45, 0.64), rng.uniform(0.8, 1.1)
    return Coat(dog, colour, iris, bool(dog and rng.random() < 0.6), slim, texture.astype(np.float32), size)


def choose_view(rng: np.random.Generator, mood: MoodPose, coat: Coat, before: View | None) -> View:
    """The next view of an animal, so different from the one before that the pictures are no near-duplicates."""
    spread = np.array([0.06, 0.08, 0.12, 0.06, 0.07, 0.12, 0.05, 0.08, 0.1, 0.06, 0, 0, 0.1]) * (0.6 + mood.tension)
    floor = [0, -1, -1, -1, 0, -1, 0, 0.15, -1, 0, 0, 0, 0]
    pose = Pose(*np.clip(np.array(mood.pose) + rng.normal(0, 1, 13) * spread, floor, 1).tolist())
    mirrored = bool(rng.random() < 0.5) if before is None else before.mirrored != bool(rng.random() < 0.6)
    turn = rng.uniform(0.55, 1.0) if before is None else 0.5 + (before.turn - 0.5 + rng.uniform(0.15, 0.35)) % 0.5
    place = rng.uniform(0, 1, 2) if before is None else (np.array(before.place) + rng.uniform(0.25, 0.75, 2)) % 1
    gait, face_shift = rng.uniform(-1, 1, 2) * (0.4 + 0.6 * mood.tension)
    tilt, wag = rng.normal(0, 0.07), rng.normal(0, 0.5) * mood.tension
    size = float(np.clip(coat.size * rng.uniform(0.8, 1.2), SMALLEST + 0.01, LARGEST - 0.02))
    return View(pose, gait, turn, face_shift, tilt, wag, mirrored, size, (float(place[0]), float(place[1])))
