"""A small dataset of whole frames in which dogs and cats can be seen: ellipses in two colours, anywhere in them."""

from pathlib import Path

import cv2
import numpy as np

from preprocess.run import run
from preprocess.settings import CropSettings, DedupeSettings, FrameSettings, PreprocessSettings
from shards.emotions import KOREAN
from tests.trees import HEIGHT, WIDTH, annotate, make_image, make_label, write_video

_COLOURS = {"dog": (230, 60, 40), "cat": (40, 90, 230)}  # RGB


def make_scene(species: str, seed: int) -> tuple[bytes, dict[str, int]]:
    """A JPEG of an ellipse on a dull texture, and the box around it."""
    rng = np.random.default_rng(seed)
    width, height = int(rng.integers(40, 150)), int(rng.integers(40, 130))
    x, y = int(rng.integers(0, WIDTH - width)), int(rng.integers(0, HEIGHT - height))
    pixels = (make_image(seed) * 0.4 + 60).astype(np.uint8)
    axes = (width // 2, height // 2)
    cv2.ellipse(pixels, (x + axes[0], y + axes[1]), axes, 0, 0, 360, _COLOURS[species], -1)
    data = cv2.imencode(".jpg", pixels[:, :, ::-1])[1].tobytes()
    return data, {"x": x, "y": y, "width": 2 * axes[0], "height": 2 * axes[1]}


def make_frames_dataset(root: Path, training: int = 24, validation: int = 8, per_video: int = 4) -> Path:
    """Make a dataset of so many videos of 4 frames; the folder. For one video of each split, two animals are stated."""
    for part, videos in (("Training", training), ("Validation", validation)):
        for number in range(videos):
            species = "cat" if number % 2 else "dog"
            scenes = [make_scene(species, 10_000 * videos + 10 * number + i) for i in range(4)]
            images = {5 * i: data for i, (data, _) in enumerate(scenes)}
            label = make_label(species=species.upper(), inspect={"emotion": KOREAN[(1, 3)[number // 2 % 2]]})
            label["metadata"]["owner"]["animalCount"] = 2 if number == 0 else 1
            boxes = [annotate(5 * i, box) for i, (_, box) in enumerate(scenes)]
            write_video(root / "src", f"{species}-{part.lower()}-{number:05}", images, boxes, label, part)
    settings = {"crop": CropSettings(size=64), "dedupe": DedupeSettings(enabled=False), "shard_bytes": 150_000}
    frames = FrameSettings(per_video=per_video)
    run(PreprocessSettings(source=[str(root / "src")], out=str(root / "동물"), frames=frames, **settings))
    return root / "동물"
