"""The pulse of the hosts in a ring: each says every few seconds that it lives, so one that hangs is soon given up.

A host may say nothing by the ring for long: it compiles, or validates. Its process lives meanwhile, and so does the
thread of its pulse; in a process that is stopped, or on a machine that has frozen, neither does, although its
connections stay. The pulse goes from each host to the one before it, by the connection on which the ring sends nothing
that way.
"""

import select
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress

PULSE_SECONDS = 60.0  # without a pulse, after which a host is given up
_BEATS = 12  # in that time
_BEAT, _END = b".", b"e"  # a host lives; it has done its part, and its connections close


class Pulse:
    """Sends this host's pulse and listens to that of the next host, in a thread of its own.

    Args:
        before: the connection to the host before, which gets this host's pulse.
        following: the connection to the next host, whose pulse is heard.
        give_up: is called, once, where the next host is gone without a word, or has no pulse.
        limit: seconds without a pulse after which the next host is given up.
    """

    def __init__(self, before: socket.socket, following: socket.socket, give_up: Callable[[], object], limit: float):
        self.limit = limit
        self.is_silent = False  # whether the next host was given up because it had no pulse
        self.has_given_up = False
        self._before, self._following, self._give_up = before, following, give_up
        self._interval = limit / _BEATS
        self._ended = threading.Event()
        threading.Thread(target=self._run, name="pulse", daemon=True).start()

    def end(self, is_done: bool) -> None:
        """Send and hear nothing more. Unless this host `is_done` with its part, the others are to give up too."""
        if is_done and not self._ended.is_set():
            with suppress(OSError):
                self._before.sendall(_END)
        self._ended.set()

    def _run(self) -> None:
        heard, beaten, is_next_done = time.monotonic(), 0.0, False
        while not self._ended.is_set():
            if time.monotonic() - beaten >= self._interval:
                beaten = time.monotonic()
                with suppress(OSError):  # whether the host before lives is told by its own pulse, and by the ring
                    self._before.sendall(_BEAT)
            if is_next_done:
                self._ended.wait(self._interval)
                continue
            said = self._hear(self._interval)
            if said is None and time.monotonic() - heard > self.limit:
                said = self._hear(0)  # this process may have been stopped itself since it listened
                if said is None:
                    self.is_silent = True
                    break
            if said == b"":
                break
            if said:
                heard, is_next_done = time.monotonic(), _END in said
        if not self._ended.is_set():
            self.has_given_up = True
            self._give_up()

    def _hear(self, seconds: float) -> bytes | None:
        """What the next host has said, b"" where its connection has ended; None where it says nothing for so long."""
        try:
            poll = select.poll()
            poll.register(self._following, select.POLLIN)
            if not poll.poll(seconds * 1000):
                return None
            return self._following.recv(4096)
        except (OSError, ValueError):  # closed meanwhile
            return b""
