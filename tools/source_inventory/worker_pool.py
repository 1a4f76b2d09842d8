"""Processes in which sampled work is done as the workers of a run do theirs: same libraries, same number of threads."""

import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import active_children, get_context, parent_process
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

_STOPPING = (signal.SIGINT, signal.SIGTERM)
_barrier: Any = None  # of the pool that this process belongs to


@contextmanager
def open_workers(count: int, settings: PreprocessSettings) -> Iterator[ProcessPoolExecutor]:
    """A pool of `count` processes, all of them ready: they have cut a made frame.

    Raises DataError where one of them dies.
    """
    context = get_context("spawn")
    barrier, others = context.Barrier(count), set(active_children())
    try:
        with _set_environment(), ProcessPoolExecutor(count, context, _start_process, (settings, barrier)) as pool:
            try:
                with hold_interrupts():
                    started = [pool.submit(_await_others) for _ in range(count)]
                for ready in started:
                    ready.result()
                yield pool
            except BaseException:
                for process in set(active_children()) - others:
                    process.kill()  # else what they write would come back while the caller removes it
                pool.shutdown(cancel_futures=True)
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


@contextmanager
def hold_interrupts() -> Iterator[None]:
    """Start processes in the block, which Ctrl-C and SIGTERM cut short no more: this one gets them at its end.

    The started ones hold them back until they call follow_parent. They would print tracebacks, of their imports or of
    arguments that did not come, beside the one line of this process.
    """
    came: list[int] = []
    is_main = threading.current_thread() is threading.main_thread()  # the only one that takes signals
    taken = [number for number in _STOPPING if is_main and signal.getsignal(number) is not signal.SIG_IGN]
    handlers = {number: signal.signal(number, lambda *call: came.append(call[0])) for number in taken}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        for number, handler in handlers.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])


def follow_parent() -> None:
    """End this process when its parent ends, even if that is killed, and without a word at Ctrl-C."""
    threading.Thread(target=_exit_with_parent, daemon=True).start()
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:  # as its parent does that a shell has put into background
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPPING)


def _start_process(settings: PreprocessSettings, barrier: Any) -> None:
    global _barrier
    _barrier = barrier
    follow_parent()
    promise_no_more_tensorflow()
    # A made frame first: it starts the codec and compiles the loops, which a run does once for each worker.
    data = encode_jpeg(np.zeros((2 * settings.crop.size, 2 * settings.crop.size, 3), np.uint8), settings.crop.quality)
    header = read_header(data)
    hash_crop(decode_crop(data, header, Crop(0, 0, header.width), settings.crop.size), settings.hash.bits)


def _await_others() -> None:
    """Return when each process of the pool is in this function, so that each has one call of it."""
    _barrier.wait()


def _exit_with_parent() -> None:
    parent_process().join()
    os._exit(1)
