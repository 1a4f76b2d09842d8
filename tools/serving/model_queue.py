"""One thread that has the model; pictures wait for it in a queue and go through it in batches."""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any

import numpy as np

MOST_PICTURES = 32  # in a batch
LONGEST_WAIT = 0.01  # seconds for which a batch waits for more pictures

Judge = Callable[[Sequence[np.ndarray]], list[Any]]


class ModelQueue:
    """Judges pictures of all clients in one thread, in the order in which they came.

    Args:
        judge: takes pictures, each (height, width, 3) uint8 RGB, and returns as many results. Called in the one thread.
        note_batch: called after each batch with its number of pictures and its seconds.
    """

    def __init__(self, judge: Judge, note_batch: Callable[[int, float], None]) -> None:
        self._judge, self._note_batch = judge, note_batch
        self._waiting: queue.SimpleQueue[tuple[np.ndarray, Future] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="model", daemon=True)
        self._thread.start()

    def submit(self, pixels: np.ndarray) -> Future:
        """Queue a picture; the future's result is what `judge` returns for it. A cancelled one is never judged."""
        future: Future = Future()
        self._waiting.put((pixels, future))
        return future

    @property
    def length(self) -> int:
        """How many pictures wait for a batch."""
        return self._waiting.qsize()

    @property
    def is_working(self) -> bool:
        return self._thread.is_alive()

    def close(self) -> None:
        """Judge what is queued, and end the thread."""
        self._waiting.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch, is_last = self._gather(first)
            # From here on a future cannot be cancelled any more.
            self._judge_batch([(pixels, future) for pixels, future in batch if future.set_running_or_notify_cancel()])
            if is_last:
                return

    def _gather(self, first: tuple[np.ndarray, Future]) -> tuple[list[tuple[np.ndarray, Future]], bool]:
        """A batch that begins with `first`, and whether the queue was closed behind it."""
        batch, until = [first], time.monotonic() + LONGEST_WAIT
        while len(batch) < MOST_PICTURES:
            try:
                item = self._waiting.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                break
            if item is None:
                return batch, True
            batch.append(item)
        return batch, False

    def _judge_batch(self, batch: list[tuple[np.ndarray, Future]]) -> None:
        if not batch:
            return
        start = time.monotonic()
        try:
            results = self._judge([pixels for pixels, _ in batch])
        except Exception as error:
            if len(batch) == 1:
                batch[0][1].set_exception(error)
                return
            for item in batch:  # one picture must not take the others with it
                self._judge_batch([item])
            return
        for (_, future), result in zip(batch, results, strict=True):
            future.set_result(result)
        self._note_batch(len(batch), time.monotonic() - start)
