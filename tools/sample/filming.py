"""Films the videos of a sample: JPEG frames of an animal that rests and moves, with the box of each frame."""

import numpy as np

from shards.crop_geometry import Box
from tools.sample.animal_drawing import place_animal
from tools.sample.animals import MOOD_POSES, choose_view, make_coat
from tools.sample.backgrounds import paint_background
from tools.sample.canvas import add_noise_to_image, encode_sample_jpeg
from tools.sample.video_plans import VideoPlan

_FRAME_RATES = (15, 24, 25, 29.97, 30)  # of the videos, per second; 5 frames a second are taken
_NOISE = 2.0  # of the camera, standard deviation in grey levels


def film_video(plan: VideoPlan) -> tuple[dict[tuple[int, int], bytes], list[Box], int]:
    """Make the frames of a video.

    Returns the JPEGs by frame number and timestamp in milliseconds, their boxes, and the number of near-duplicates,
    which are frames that differ from the one before only by the noise of the camera.
    """
    rng, (width, height) = plan.rng(), plan.size
    coat = make_coat(np.random.default_rng(plan.animal.seed), plan.animal.species == "DOG")
    background = paint_background(rng, width, height, plan.animal.outdoor)
    noise = rng.normal(0, _NOISE, (height + 64, width + 64, 3)).astype(np.int16)
    fps, images, boxes, view = _FRAME_RATES[rng.integers(len(_FRAME_RATES))], {}, [], None
    moves = _choose_moves(rng, plan.frames)
    for k, moved in enumerate(moves):
        if moved:
            view = choose_view(rng, MOOD_POSES[plan.mood], coat, view)
            scene, box = place_animal(rng, background, coat, view)
        number = int(k * fps / 5)
        images[number, round(number / fps * 1000)] = _photograph(rng, scene, noise)
        boxes.append(box)
    return images, boxes, moves.count(False)


def _choose_moves(rng: np.random.Generator, frames: int) -> list[bool]:
    """For each frame whether the animal has moved since the one before; it rests for up to three frames."""
    moves: list[bool] = []
    while len(moves) < frames:
        moves += [True] + [False] * (0, 0, 1, 1, 3)[rng.integers(5)]
    return moves[:frames]


def _photograph(rng: np.random.Generator, scene: np.ndarray, noise: np.ndarray) -> bytes:
    """A JPEG of a scene with a random part of the noise, which is larger than the scene by 64 pixels."""
    top, left = rng.integers(0, 64, 2)
    grain = noise[top : top + scene.shape[0], left : left + scene.shape[1]]
    return encode_sample_jpeg(add_noise_to_image(scene, grain[::-1] if rng.random() < 0.5 else grain))
