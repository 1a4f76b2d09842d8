"""The training input beside a plain tf.data pipeline and the decoder's limit: python -m benchmarks.input [--clip DIR]

All ways decode the same frames of a real 1080p clip (made ones where DIR does not exist) from the page cache, with as
many threads as there are cores, in turn in one process. Medians over rounds:

    limit     libjpeg-turbo (simplejpeg) decodes the crops whole into reused buffers; before and after each round
    plain     what one writes first: rows of a CSV, full frames read, decoded, cropped, resized; batch, shuffle(10)
    whole     ours from shards, pictures decoded whole
    crop      ours, a random crop in the decode
    flip      ours, a random crop, half of the pictures mirrored

Time: some minutes on 2 cores. Last line: the ratios of ours to the plain pipeline and to the limit, and the bytes that
both read for an image.
"""

import argparse
import csv
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import simplejpeg
import tensorflow as tf

from benchmarks.preprocess import list_crops, make_source_tree
from preprocess.core_count import count_cores
from preprocess.run import run
from preprocess.settings import DedupeSettings, PreprocessSettings
from shards.record import decode_record
from shards.tfrecord import iterate_records
from trainer.input.dataset_split import DatasetSplit, open_split
from trainer.input.pipeline import make_training_batches
from trainer.settings import InputSettings

BATCH = 64
RESOLUTION = 224
THREADS = count_cores()
IMAGES = 6400  # decoded in each turn; in that of the plain pipeline fewer
BASELINE_IMAGES = 1280


def read_crops(split: DatasetSplit) -> list[bytes]:
    crops = []
    for path in split.files:
        with open(path, "rb") as file:
            crops += [decode_record(frame.record)["image"] for frame in iterate_records(file)]
    return crops


def time_decoder(crops: list[bytes], size: int) -> float:
    """Images/s of libjpeg-turbo alone, with one buffer for each thread."""

    def decode(part: list[bytes]) -> None:
        buffer = np.empty((size, size, 3), np.uint8)
        for data in part:
            simplejpeg.decode_jpeg(data, buffer=buffer)

    work = (crops * (IMAGES // len(crops) + 1))[:IMAGES]
    with ThreadPoolExecutor(THREADS) as pool:
        start = time.perf_counter()
        list(pool.map(decode, [work[i::THREADS] for i in range(THREADS)]))
        return len(work) / (time.perf_counter() - start)


def write_csv(tree: Path, path: Path) -> None:
    """Write the frames of a tree as a CSV of image_path,bbox,labels with a bbox of "y,x,height,width"."""
    with open(path, "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["image_path", "bbox", "labels"])
        for image, crop in list_crops(tree):
            rows.writerow([image, f"{max(crop.y, 0)},{max(crop.x, 0)},{crop.size},{crop.size}", 3])


def make_baseline_batches(path: Path) -> tf.data.Dataset:
    """The plain pipeline."""
    with open(path) as file:
        rows = list(csv.DictReader(file))
    boxes = np.array([[int(value) for value in row["bbox"].split(",")] for row in rows], np.int32)

    def load(image: tf.Tensor, box: tf.Tensor, label: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        pixels = tf.io.decode_jpeg(tf.io.read_file(image), channels=3)
        pixels = tf.image.crop_to_bounding_box(pixels, box[0], box[1], box[2], box[3])
        return tf.image.resize(pixels, [RESOLUTION, RESOLUTION]), label

    data = tf.data.Dataset.from_tensor_slices(([row["image_path"] for row in rows], boxes, np.zeros(len(rows), int)))
    data = data.repeat().map(load, num_parallel_calls=tf.data.AUTOTUNE)
    return data.batch(BATCH).shuffle(10).prefetch(tf.data.AUTOTUNE)


def repeat_records(split: DatasetSplit, images: int) -> DatasetSplit:
    """A split with its records repeated, so that an epoch is long enough to be timed."""
    copies = images // split.records + 1
    names = {name: np.tile(getattr(split, name), copies) for name in ("labels", "videos", "species")}
    return split._replace(files=split.files * copies, bytes=split.bytes * copies, **names)


def make_shard_batches(split: DatasetSplit, resolution: int, flip: bool, **window: float) -> tf.data.Dataset:
    """Batches of an epoch that is long enough for a turn, because it repeats the files of a small dataset."""
    split = repeat_records(split, 2 * IMAGES)
    settings = InputSettings(batch_size=BATCH, resolution=resolution, flip=flip, shuffle_records=2048, **window)
    return make_training_batches(split, settings, seed=0, epoch=0)


def time_batches(data: tf.data.Dataset, images: int, clock: Callable[[], float] = time.perf_counter) -> float:
    """Images/s of a new iterator once its buffers are full. It ends with its threads before the next turn.

    With time.process_time as the clock, images for each second of a core.
    """
    batches = iter(data)
    for _ in range(images // BATCH // 4):
        next(batches)
    start = clock()
    for _ in range(images // BATCH):
        next(batches)
    seconds = clock() - start
    del batches
    return images // BATCH * BATCH / seconds


def make_pipelines(
    folder: Path, tree: Path, clock: Callable[[], float] = time.perf_counter
) -> dict[str, Callable[[], float]]:
    """The ways by name, each a function that decodes some images and returns images/s; the limit's clock is its own."""
    run(
        PreprocessSettings(
            source=[str(tree)], out=str(folder / "out"), dedupe=DedupeSettings(enabled=False), workers=THREADS
        )
    )
    write_csv(tree, folder / "plain.csv")
    split = open_split(folder / "out", "train")
    crops, size = read_crops(split), split.image_size
    plain = make_baseline_batches(folder / "plain.csv")
    ours = {
        "whole": make_shard_batches(split, size, False, window=1.0),
        "crop": make_shard_batches(split, RESOLUTION, False),
        "flip": make_shard_batches(split, RESOLUTION, True),
    }
    ways = {"limit": lambda: time_decoder(crops, size), "plain": lambda: time_batches(plain, BASELINE_IMAGES, clock)}
    return ways | {name: lambda data=data: time_batches(data, IMAGES, clock) for name, data in ours.items()}


def time_pipelines(ways: dict[str, Callable[[], float]], rounds: int) -> list[dict[str, float]]:
    """Images/s by way for each round; the limit is the mean of its turns before and after the others."""
    results = []
    for _ in range(rounds):
        before = ways["limit"]()
        result = {name: time_way() for name, time_way in ways.items() if name != "limit"}
        results.append(result | {"limit": (before + ways["limit"]()) / 2})
    return results


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.input", description=__doc__.splitlines()[0])
    parser.add_argument("--clip", type=Path, default=Path("../shared/real"), help="folder with make_aihub_tree.py")
    parser.add_argument("--rounds", type=int, default=7)
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    try:
        tree = make_source_tree(folder, chosen.clip)
        ways = make_pipelines(folder, tree)
        results = time_pipelines(ways, chosen.rounds)
        frames = [Path(path).stat().st_size for path, _ in list_crops(tree)]
        crops = sum(path.stat().st_size for path in (folder / "out").glob("pet_mood-*"))
    finally:
        shutil.rmtree(folder)
    print(f"frames: {tree.name}, 1080p; {THREADS} threads")
    for way in ways:
        print(f"{way:<9}{statistics.median(result[way] for result in results):>8.0f} images/s")

    def ratio(over: str, under: str) -> float:
        return round(statistics.median(result[over] / result[under] for result in results), 3)

    figures = {
        "ratio_to_student": ratio("flip", "plain"),
        "share_of_limit": ratio("crop", "limit"),
        "share_with_flip": ratio("flip", "limit"),
        "share_whole": ratio("whole", "limit"),
        "bytes_read_an_image_student": round(statistics.mean(frames)),
        "bytes_read_an_image_ours": round(crops / len(frames)),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    sys.exit(main())
