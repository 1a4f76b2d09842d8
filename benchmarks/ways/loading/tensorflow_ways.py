"""Ours and its limit, tf.data as its guide says, and the plain pipeline over whole frames.

Settings beside those of epochs.py: `dataset`, a folder that we made; `csv`, whole frames with their boxes.
"""

import os
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import simplejpeg
import tensorflow as tf

from benchmarks.input import make_baseline_batches
from benchmarks.ways.loading.epochs import BATCH_SIZE, WINDOW, list_files, open_epochs
from trainer.input.dataset_split import open_split
from trainer.input.pipeline import make_training_batches
from trainer.settings import InputSettings

PACKAGES = {
    "open_limit": ("simplejpeg",),
    "open_tf_data": ("tensorflow-cpu",),
    "open_whole_frames": ("tensorflow-cpu",),
}
_SHUFFLED = 2048  # records that wait in a shuffle
_EPOCH = 1_000_000  # records of an endless epoch


def open_limit(settings: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """libjpeg-turbo (simplejpeg) decodes the same crops whole, in memory, into one buffer for each thread."""
    crops = [Path(path).read_bytes() for path, _ in list_files(settings)]
    parts = [crops[i :: settings["threads"]] for i in range(settings["threads"])]
    pool = ThreadPoolExecutor(settings["threads"])

    def decode(part: list[bytes]) -> None:
        buffer = np.empty((256, 256, 3), np.uint8)
        for data in part:
            simplejpeg.decode_jpeg(data, buffer=buffer)

    def take_turn() -> dict[str, Any]:
        count, begun, passed = 0, time.perf_counter(), 0.0
        while passed < settings["seconds"]:
            list(pool.map(decode, parts))
            count, passed = count + len(crops), time.perf_counter() - begun
        return {"count": count, "seconds": passed}

    take_turn()
    return take_turn


def open_ours(settings: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """Without `augment`, which would leave colours to the device and change nothing on the host."""
    split = open_split(Path(settings["dataset"]), "train")
    times = _EPOCH // (split.records * settings["copies"])
    rows = {name: np.tile(getattr(split, name), times * settings["copies"]) for name in ("labels", "videos", "species")}
    split = split._replace(files=_copy_shards(settings, split.files) * times, **rows)
    chosen = InputSettings(
        batch_size=BATCH_SIZE,
        resolution=WINDOW,
        flip=settings["flip"],
        augment=False,
        shuffle_records=_SHUFFLED,
    )
    return open_epochs(settings, lambda epoch: make_training_batches(split, chosen, seed=0, epoch=epoch))


def open_tf_data(settings: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """TFRecords as in the guides on data performance and on TFRecord: interleave, shuffle, map, batch, prefetch."""
    features = {"image": tf.io.FixedLenFeature([], tf.string), "label": tf.io.FixedLenFeature([], tf.int64)}
    files = _copy_shards(settings, open_split(Path(settings["dataset"]), "train").files)

    def load(record: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        row = tf.io.parse_single_example(record, features)
        image = tf.image.random_crop(tf.io.decode_jpeg(row["image"], channels=3), [WINDOW, WINDOW, 3])
        return tf.image.random_flip_left_right(image) if settings["flip"] else image, row["label"]

    data = tf.data.Dataset.from_tensor_slices([str(path) for path in files]).shuffle(len(files)).repeat()
    data = data.interleave(tf.data.TFRecordDataset, num_parallel_calls=tf.data.AUTOTUNE, deterministic=False).shuffle(
        _SHUFFLED
    )
    data = data.map(load, num_parallel_calls=tf.data.AUTOTUNE, deterministic=False)
    data = data.batch(BATCH_SIZE, drop_remainder=True).prefetch(tf.data.AUTOTUNE)
    return open_epochs(settings, lambda epoch: data)


def open_whole_frames(settings: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """What one writes first: rows of a CSV, whole frames read, decoded, cropped, resized; batch, shuffle(10)."""
    data = make_baseline_batches(Path(settings["csv"]))
    return open_epochs(settings, lambda epoch: data)


def _copy_shards(settings: dict[str, Any], files: tuple[Path, ...]) -> tuple[Path, ...]:
    """As many copies of the shards as there are of each crop: others do not read the same bytes twice either."""
    folder = Path(settings["folder"]) / "shards"
    copies = [(path, folder / f"{number}-{path.name}") for number in range(settings["copies"]) for path in files]
    if not folder.exists():
        folder.mkdir()
        for path, copy in copies:
            shutil.copy(path, copy)
    return tuple(copy for _, copy in copies)
