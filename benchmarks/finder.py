"""Finders side by side: python -m benchmarks.finder --finder FILE [FILE ..] [--real DIR] [--data DATASET]

Takes what inference takes: finder.keras, the model.onnx of its export, MediaPipe's SSD as .tflite. For each finder and
each set of pictures:

    clip      frames of the dog clip, five a second, with boxes that were read by eye
    photos    real photos with a box around each dog or cat
    sample    the validation frames of a dataset (--data)
    nothing   real photos without a dog or cat

it tells the mean IoU of the best box, how many pets a box finds at an IoU of 0.5, false finds (boxes that overlap no
pet by half), and milliseconds a picture, on one core, scaling included: medians, finders in turn on each picture. In
five more photos the box is around the head alone: `heads` counts those in which a box holds the head.

Time: a minute. Last line: all of it as JSON.
"""

import argparse
import json
import os
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np

from benchmarks.known_copies.pairs import FRAMES_PER_SECOND
from shards.crop_geometry import Box
from trainer.answering.photo import read_upright_pixels
from trainer.answering.video_file import sample_video_frames
from trainer.finding.box_overlap import compute_overlaps, list_corners
from trainer.finding.finder_file import open_finder
from trainer.finding.found_pet import Finder
from trainer.input.frame_split import open_frame_split, read_frames

FOUND_OVERLAP = 0.5
_COCO_PETS = {15, 16}  # numbers of cat and dog among the 80 classes of COCO in YOLO's order
_MOST_FRAMES = 400  # of a dataset


class Picture(NamedTuple):
    """A picture and what is on it."""

    pixels: np.ndarray  # (height, width, 3) uint8
    pets: np.ndarray  # (pets, 4): ymin, xmin, ymax, xmax in pixels


class Answers(NamedTuple):
    """What a finder says of a set."""

    overlaps: list[float]  # of each pet with the box that overlaps it most
    false: int  # boxes around no pet
    milliseconds: list[float]  # of each picture


def read_annotated_clip(real: Path) -> Iterator[Picture]:
    """Frames of the dog clip of which it is known where the dog is."""
    sys.path.insert(0, str(real))
    from make_aihub_tree import box_at  # straight between the frames whose boxes were read by eye

    spec = json.loads((real / "dog_boxes.json").read_text())
    keys = {int(number): box for number, box in spec["boxes"].items()}
    for seconds, pixels in sample_video_frames(real / spec["clip"]):
        if box := box_at(keys, round(seconds * FRAMES_PER_SECOND)):
            yield Picture(pixels, list_corners([Box(*box)]))


def read_annotated_photos(real: Path) -> tuple[list[Picture], list[Picture]]:
    """Real photos with cats and dogs, and those without."""
    folder, shown, empty = real / "boxes/coco_permissive", [], []
    for path in sorted((folder / "images").glob("*.jpg")):
        pixels = read_upright_pixels(path)
        height, width = pixels.shape[:2]
        labels = folder / "labels_yolo" / f"{path.stem}.txt"  # absent where nothing is annotated
        lines = [line.split() for line in labels.read_text().splitlines()] if labels.exists() else []
        values = np.array([list(map(float, line[1:5])) for line in lines if int(line[0]) in _COCO_PETS]).reshape(-1, 4)
        centres, sides = values[:, 1::-1], values[:, 3:1:-1]
        corners = np.concatenate([centres - sides / 2, centres + sides / 2], axis=1) * [height, width, height, width]
        (shown if len(corners) else empty).append(Picture(pixels, corners))
    return shown, empty


def read_heads(real: Path) -> Iterator[Picture]:
    """Real photos of one animal each, whose box is around its head."""
    for path in sorted((real / "boxes/oxford_pets_5/images").glob("*.jpg")):
        text = next((real / "boxes/oxford_pets_5").rglob(f"{path.stem}.xml")).read_text()
        head = [float(re.search(f"<{name}>(\\d+)<", text)[1]) for name in ("ymin", "xmin", "ymax", "xmax")]
        yield Picture(read_upright_pixels(path), np.array([head]))


def read_sample(folder: Path) -> Iterator[Picture]:
    """Whole frames of a dataset's validation split, spread evenly over it."""
    split = open_frame_split(folder, "val")
    places = np.linspace(0, split.records - 1, min(split.records, _MOST_FRAMES)).astype(int)
    for values in read_frames(split, places.tolist()):
        pixels = cv2.imdecode(np.frombuffer(values["image"], np.uint8), cv2.IMREAD_COLOR_RGB)
        height, width = pixels.shape[:2]
        yield Picture(pixels, np.array([values["bbox"]]) * [height, width, height, width])


def measure(finders: dict[str, Finder], pictures: list[Picture]) -> dict[str, Answers]:
    """Let every finder look at every picture, in turn."""
    answers = {name: Answers([], 0, []) for name in finders}
    for finder in finders.values():
        finder.find([pictures[0].pixels])  # the first call compiles
    for picture in pictures:
        for name, finder in finders.items():
            start = time.perf_counter()
            [pets] = finder.find([picture.pixels])
            milliseconds = (time.perf_counter() - start) * 1000
            corners = list_corners([pet.box for pet in pets])
            overlaps = compute_overlaps(picture.pets, corners)
            false = int((overlaps.max(axis=0, initial=0) < FOUND_OVERLAP).sum())
            before = answers[name]
            answers[name] = Answers(
                [*before.overlaps, *overlaps.max(axis=1, initial=0).tolist()],
                before.false + false,
                [*before.milliseconds, milliseconds],
            )
    return answers


def count_heads(finders: dict[str, Finder], pictures: list[Picture]) -> dict[str, int]:
    """In how many photos a box covers at least 0.9 of the head."""
    counts = dict.fromkeys(finders, 0)
    for (pixels, [head]), (name, finder) in ((picture, named) for picture in pictures for named in finders.items()):
        for corners in list_corners([pet.box for pet in finder.find([pixels])[0]]):
            shared = np.minimum(head[2:], corners[2:]) - np.maximum(head[:2], corners[:2])
            if np.prod(np.maximum(shared, 0)) > 0.9 * np.prod(head[2:] - head[:2]):
                counts[name] += 1
                break
    return counts


def summarise(answers: Answers, pictures: int) -> dict[str, Any]:
    figures: dict[str, Any] = {"pictures": pictures, "pets": len(answers.overlaps)}
    if answers.overlaps:
        overlaps = np.array(answers.overlaps)
        figures["mean_iou"] = round(float(overlaps.mean()), 3)
        figures["found"] = int((overlaps >= FOUND_OVERLAP).sum())
    figures["false_finds"] = answers.false
    figures["ms"] = round(float(np.median(answers.milliseconds)), 1)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.finder", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--finder", type=Path, nargs="+", required=True, metavar="FILE")
    parser.add_argument("--real", type=Path, default=Path("../shared/real"), metavar="DIR", help="the real files")
    parser.add_argument("--data", type=Path, metavar="DATASET", help="a dataset with whole frames")
    chosen = parser.parse_args()
    # Before the libraries start their threads: one core, as in a phone's app or on a shared server.
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    cv2.setNumThreads(1)
    finders = {str(path): open_finder(path) for path in chosen.finder}
    sets: dict[str, list[Picture]] = {}
    results: dict[str, Any] = {}
    if chosen.real.is_dir():
        shown, empty = read_annotated_photos(chosen.real)
        sets = {"clip": list(read_annotated_clip(chosen.real)), "photos": shown, "nothing": empty}
        results["heads"] = count_heads(finders, list(read_heads(chosen.real)))
    if chosen.data:
        sets["sample"] = list(read_sample(chosen.data))
    sets = {name: pictures for name, pictures in sets.items() if pictures}
    if not sets:
        sys.exit(f"benchmarks.finder: nothing to look at: there is no {chosen.real}, and no --data is named")
    for name, pictures in sets.items():
        answers = measure(finders, pictures)
        results[name] = {finder: summarise(answer, len(pictures)) for finder, answer in answers.items()}
        for finder, figures in results[name].items():
            print(f"{name:8} {finder}: " + ", ".join(f"{key} {value}" for key, value in figures.items()), flush=True)
    print(json.dumps(results, ensure_ascii=False))


if __name__ == "__main__":
    main()
