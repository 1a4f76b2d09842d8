"""The queue in front of the model: one thread, full batches, and no picture that harms another."""

import threading
from concurrent.futures import CancelledError, Future

import numpy as np
import pytest

from tools.serving.model_queue import MOST_PICTURES, ModelQueue


class Brightness:
    """Judges a picture by its brightness; 255 is a picture that breaks it. Waits for `gate` in each batch."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.threads: set[int] = set()
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()

    def __call__(self, pictures) -> list[int]:
        self.entered.set()
        assert self.gate.wait(10)
        self.batches.append(len(pictures))
        self.threads.add(threading.get_ident())
        values = [int(picture[0, 0, 0]) for picture in pictures]
        if 255 in values:
            raise ValueError("a picture that breaks the network")
        return values


def paint(value: int) -> np.ndarray:
    return np.full((4, 4, 3), value, np.uint8)


@pytest.fixture
def judge() -> Brightness:
    return Brightness()


@pytest.fixture
def models(judge):
    models = ModelQueue(judge, lambda pictures, seconds: None)
    yield models
    judge.gate.set()
    models.close()
    assert not models.is_working


def hold(judge: Brightness, models: ModelQueue) -> Future:
    """Keep the thread in a batch of one, so that what comes meanwhile waits."""
    judge.gate.clear()
    first = models.submit(paint(0))
    assert judge.entered.wait(5)
    return first


def test_what_waits_is_judged_together_in_one_thread(judge, models):
    first = hold(judge, models)
    futures = [models.submit(paint(value)) for value in range(1, 71)]
    assert models.length == 70
    judge.gate.set()
    assert [future.result(10) for future in [first, *futures]] == list(range(71))
    assert judge.batches == [1, MOST_PICTURES, MOST_PICTURES, 70 - 2 * MOST_PICTURES]
    assert judge.threads.isdisjoint({threading.get_ident()}) and len(judge.threads) == 1


def test_what_was_given_up_is_never_judged(judge, models):
    hold(judge, models)
    futures = [models.submit(paint(value)) for value in range(1, 5)]
    assert futures[1].cancel() and futures[2].cancel()
    judge.gate.set()
    assert (futures[0].result(10), futures[3].result(10)) == (1, 4)
    assert judge.batches == [1, 2]
    with pytest.raises(CancelledError):
        futures[1].result(0)


def test_a_picture_that_breaks_the_model_harms_no_other(judge, models):
    hold(judge, models)
    futures = [models.submit(paint(value)) for value in (1, 255, 3)]
    judge.gate.set()
    assert (futures[0].result(10), futures[2].result(10)) == (1, 3)
    with pytest.raises(ValueError, match="breaks the network"):
        futures[1].result(10)
    assert models.submit(paint(7)).result(10) == 7


def test_closing_answers_what_is_queued(judge):
    models = ModelQueue(judge, lambda pictures, seconds: None)
    futures = [models.submit(paint(value)) for value in range(3)]
    models.close()
    assert [future.result(0) for future in futures] == [0, 1, 2]
