"""What Ctrl-C does to a command: the first stops it, as any Python program; later ones add nothing but its end.

While a command cleans up, a KeyboardInterrupt in the middle of that, or of what libraries do when Python ends, would
leave tracebacks behind the one line that says that it was stopped.
"""

import atexit
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

STOPPED = 130  # the status that a shell reports for SIGINT
_GRACE_SECONDS = 2  # in which pressing Ctrl-C again does not cut the cleaning up short, which takes about a second


class Stop:
    """Whether a command was asked to stop, and what it says then. `tell` prints the line of a stop."""

    def __init__(self, tell: Callable[[], Any]) -> None:
        self._tell = tell
        self._asked: float | None = None  # when, on time.monotonic's clock
        self._is_telling = self._is_told = self._is_pressed = False
        self._process = os.getpid()

    @contextmanager
    def listen(self) -> Iterator[None]:
        """Handle SIGINT within the block, and behind it where the command was stopped: Python then only ends.

        Beside the main thread, and where somebody else handles or ignores SIGINT, it does nothing.
        """
        is_main = threading.current_thread() is threading.main_thread()
        if not is_main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
            yield
            return
        signal.signal(signal.SIGINT, self._handle_signal)
        atexit.register(self._ignore_more)  # before libraries do, so that it is called behind what they do at the end
        try:
            yield
        finally:
            if not self._is_told:
                signal.signal(signal.SIGINT, signal.default_int_handler)

    def tell(self, say: Callable[[], Any]) -> None:
        """Call `say`, which prints why the command has stopped; nothing is printed after that."""
        self._asked, self._is_telling = self._asked or time.monotonic(), True
        say()
        self._is_telling, self._is_told = False, True
        if self._is_pressed:
            os._exit(STOPPED)

    def _ignore_more(self) -> None:
        """Python's last moments, in which it handles no signal: Ctrl-C would end it with another status."""
        if self._is_told:
            signal.signal(signal.SIGINT, signal.SIG_IGN)

    def _handle_signal(self, *_: Any) -> None:
        if self._asked is None or os.getpid() != self._process:  # else a copy of this process, made by fork
            self._asked = time.monotonic()
            raise KeyboardInterrupt
        if self._is_telling:
            self._is_pressed = True
        elif self._is_told or time.monotonic() - self._asked > _GRACE_SECONDS:
            if not self._is_told:
                with suppress(Exception):  # such as that of a stream which is being written to
                    self._tell()
            os._exit(STOPPED)  # what this process has started is ended by others, as after a SIGKILL


@contextmanager
def interrupt_on_sigterm() -> Iterator[None]:
    """Treat SIGTERM like Ctrl-C within the block, so that it too is cleaned up. Does nothing beside the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    found = signal.getsignal(signal.SIGINT)
    before = signal.signal(signal.SIGTERM, found if callable(found) else signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
