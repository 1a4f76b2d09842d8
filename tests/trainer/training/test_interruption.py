"""Ctrl-C and SIGTERM: deferred while a step is running, at once otherwise, and always at once the second time."""

import os
import signal
import threading

import pytest

from trainer.training.interruption import catch_interruption

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@pytest.mark.parametrize("number", SIGNALS)
def test_deferred_it_only_asks_to_stop(number):
    with catch_interruption() as interruption, interruption.deferred():
        assert not interruption.requested
        os.kill(os.getpid(), number)
        assert interruption.requested
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", SIGNALS)
def test_outside_of_a_step_it_stops_at_once(number):
    with catch_interruption() as interruption:
        with interruption.deferred():
            pass
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)


def test_handlers_are_put_back():
    before = [signal.getsignal(number) for number in SIGNALS]
    with catch_interruption():
        assert [signal.getsignal(number) for number in SIGNALS] != before
    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_another_thread_sets_no_handlers():
    found = []

    def look():
        with catch_interruption() as interruption:
            found.append(interruption.requested)

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert found == [False]
