"""Processes in which sampled work is done as the workers of a run do theirs: same libraries, same number of threads."""

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from typing import Any

import numpy as np

from preprocess.cutting.jpeg_crop import decode_crop, encode_jpeg
from preprocess.cutting.jpeg_decoder import promise_no_more_tensorflow
from preprocess.cutting.phash import hash_crop
from preprocess.ray_processes import WORKER_ENVIRONMENT
from preprocess.settings import PreprocessSettings
from shards.crop_geometry import Crop
from shards.errors import DataError
from shards.jpeg_headers import read_header

_barrier: Any = None  # of the pool that this process belongs to


@contextmanager
def open_workers(count: int, settings: PreprocessSettings) -> Iterator[ProcessPoolExecutor]:
    """A pool of `count` processes, all of them ready: they have cut a made frame.

    Raises DataError where one of them dies.
    """
    context = get_context("spawn")
    barrier = context.Barrier(count)
    try:
        with _set_environment(), ProcessPoolExecutor(count, context, _start_process, (settings, barrier)) as pool:
            try:
                for ready in [pool.submit(_await_others) for _ in range(count)]:
                    ready.result()
                yield pool
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
    except BrokenProcessPool as error:
        raise DataError(f"the process that decodes sampled frames died ({error}); run it again") from error


@contextmanager
def _set_environment() -> Iterator[None]:
    """Processes that start in the block have the environment of a run's workers."""
    before = {name: os.environ.get(name) for name in WORKER_ENVIRONMENT}
    os.environ.update(WORKER_ENVIRONMENT)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.__setitem__(name, value)


def _start_process(settings: PreprocessSettings, barrier: Any) -> None:
    global _barrier
    _barrier = barrier
    threading.Thread(target=exit_with_parent, daemon=True).start()
    promise_no_more_tensorflow()
    # A made frame first: it starts the codec and compiles the loops, which a run does once for each worker.
    data = encode_jpeg(np.zeros((2 * settings.crop.size, 2 * settings.crop.size, 3), np.uint8), settings.crop.quality)
    header = read_header(data)
    hash_crop(decode_crop(data, header, Crop(0, 0, header.width), settings.crop.size), settings.hash.bits)


def _await_others() -> None:
    """Return when each process of the pool is in this function, so that each has one call of it."""
    _barrier.wait()


def exit_with_parent() -> None:
    """End this process when its parent ends, even if that is killed."""
    parent_process().join()
    os._exit(1)
