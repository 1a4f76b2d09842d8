"""The training input, a plain pipeline and the decoder alone, for those who measure them with something else.

`python -m benchmarks.side_by_side loaders` compares them with each other and with other loaders.
"""

import csv
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import simplejpeg
import tensorflow as tf

from benchmarks.preprocess import list_crops
from preprocess.core_count import count_cores
from preprocess.run import run
from preprocess.settings import DedupeSettings, PreprocessSettings
from shards.record import decode_record
from shards.tfrecord import iterate_records
from tools.advice.training_trial import repeat_records
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
    """The ways by name, each a function that decodes some images and returns images/s; the limit's clock is its own.

    limit: libjpeg-turbo (simplejpeg) decodes the crops whole; plain: whole frames, by the rows of a CSV; ours from
    shards: whole, with a random window (crop), and with half of the windows mirrored (flip).
    """
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
