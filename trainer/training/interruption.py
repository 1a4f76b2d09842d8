"""What Ctrl-C and SIGTERM do in training: the current step is finished and a checkpoint is written before the end."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Interruption:
    """Whether the user asked to stop."""

    def __init__(self) -> None:
        self.requested = self._deferred = False

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """A signal that arrives inside only sets `requested`; the code inside has to look at it after each step.

        A second signal, and any signal outside of this block, raises KeyboardInterrupt at once.
        """
        self._deferred = True
        try:
            yield
        finally:
            self._deferred = False

    def handle_signal(self, *_: Any) -> None:
        if self.requested or not self._deferred:
            raise KeyboardInterrupt
        self.requested = True


@contextmanager
def catch_interruption() -> Iterator[Interruption]:
    """Handle SIGINT and SIGTERM inside; outside of the main thread, where Python allows no handlers, do nothing."""
    interruption = Interruption()
    try:
        before = {
            number: signal.signal(number, interruption.handle_signal) for number in (signal.SIGINT, signal.SIGTERM)
        }
    except ValueError:  # not the main thread
        before = {}
    try:
        yield interruption
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
