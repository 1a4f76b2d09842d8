"""The hosts of a run in a ring of connections: what each has is gathered, summed or handed on.

Each host sends to the next and receives from the one before. Sums are made in an order that follows from the number
of hosts alone, so that all hosts get the same bytes, and get them again in a run that is repeated. What is sent are
numbers and JSON, which nothing executes; it is not encrypted, so the hosts belong in a network of their own.
"""

import errno
import json
import socket
import struct
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import pairwise

import numpy as np

from shards.errors import CallError, DataError
from trainer.hosts.pulse import PULSE_SECONDS, Pulse

_MEET_SECONDS = 600  # for which a host waits for the others at the start: they may be started by hand
# After which a host that lives but says nothing is taken for lost. A slower one may validate for long.
_SILENT_SECONDS = 3600
_REASON_SECONDS = 5.0  # for which the reason of a loss is waited for
_RETRY_SECONDS = 0.2
_HELLO_SECONDS = 5  # for which a connection may keep silent before it is taken for a stranger's
_MOST_HELLO = 1000  # bytes
_RUN_AGAIN = "run the same command again, it goes on from there"
_RUN_ALL_AGAIN = "run the same command on all hosts again, it goes on from there"
_LENGTH = struct.Struct("<Q")
# A machine that has gone without a word is noticed after about 20 s, by the host that receives from it. No
# TCP_USER_TIMEOUT: it would also end what waits for a host that is busy and does not read for so long.
_KEEPALIVE = {"TCP_KEEPIDLE": 5, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3}


class HostRing:
    """The connections of one host to the two beside it.

    Args:
        place: of this host among all, from 0; the first writes all files.
        count: of the hosts.
        list_addresses: gives the HOST:PORT of each host, in their order; called once, by connect.
        explain_loss: says why a host ended, None where that is not known; waits so many seconds for one to end. It is
            given where one command has started all hosts.
        pulse_seconds: without a pulse, see trainer.hosts.pulse, after which a host is given up.
    """

    def __init__(
        self,
        place: int,
        count: int,
        list_addresses: Callable[[], list[str]],
        explain_loss: Callable[[float], str | None] | None = None,
        pulse_seconds: float = PULSE_SECONDS,
    ):
        self.place, self.count = place, count
        self.stop_wanted = self.stop_agreed = False  # whether this host wants to stop, and whether all know of one
        self._list_addresses, self._explain_loss = list_addresses, explain_loss or (lambda seconds: None)
        self._remedy = _RUN_AGAIN if explain_loss else _RUN_ALL_AGAIN
        self._pulse_seconds, self._pulse = pulse_seconds, None
        self._addresses: list[str] = []
        self._before: socket.socket | None = None
        self._next: socket.socket | None = None
        self._sender = ThreadPoolExecutor(1, thread_name_prefix="ring")

    @property
    def is_first(self) -> bool:
        return self.place == 0

    def connect(self, fingerprint: str) -> None:
        """Meet the other hosts. `fingerprint` is that of the run, see trainer.run_files.run_fingerprint.

        Raises CallError where another host has another run, DataError where one does not come.
        """
        self._addresses = self._list_addresses()
        deadline = time.monotonic() + _MEET_SECONDS
        hello = json.dumps({"pet_mood": [self.count, fingerprint]}).encode()
        with _listen(self._addresses[self.place]) as listener:
            self._next = self._dial(deadline)
            _send(self._next, hello)
            self._before = self._accept(listener, hello, deadline)
            self._next.settimeout(_SILENT_SECONDS)
            if not self._guard(lambda: _receive(self._next, _MOST_HELLO), self._name(1)) == b"same":
                raise self._refuse(1)
        for connection in (self._before, self._next):
            _watch(connection)
        self._pulse = Pulse(self._before, self._next, self._shut, self._pulse_seconds)

    def gather(self, data: bytes) -> list[bytes]:
        """What each host gives, in the order of the hosts; of any lengths."""
        found = [b""] * self.count
        found[self.place] = data
        for step in range(self.count - 1):
            sent = found[(self.place - step) % self.count]
            found[(self.place - step - 1) % self.count] = self._exchange(sent)
        return found

    def gather_rows(self, rows: np.ndarray) -> np.ndarray:
        """The rows (n, ..) of all hosts one below the other; each may have another number of them."""
        parts = [np.frombuffer(data, rows.dtype) for data in self.gather(np.ascontiguousarray(rows).tobytes())]
        return np.concatenate(parts).reshape(-1, *rows.shape[1:])

    def add_up(self, values: np.ndarray) -> None:
        """Replace float32 (n,) by the sum over all hosts, in place; all hosts get the same bytes."""
        edges = np.linspace(0, len(values), self.count + 1).astype(int)
        parts = [values[start:end] for start, end in pairwise(edges)]
        for step in range(self.count - 1):
            other = parts[(self.place - step - 1) % self.count]
            other += np.frombuffer(self._exchange(parts[(self.place - step) % self.count]), np.float32)
        for step in range(self.count - 1):
            received = self._exchange(parts[(self.place - step + 1) % self.count])
            parts[(self.place - step) % self.count][:] = np.frombuffer(received, np.float32)

    def hand_on(self, data: bytes = b"") -> bytes:
        """What the first host gives; on all others `data` has no meaning."""
        if not self.is_first:
            data = self._guard(lambda: _receive(self._before), self._name(-1))
        if self.place + 1 < self.count:
            self._guard(lambda: _send(self._next, data), self._name(1))
        return data

    def close(self) -> None:
        """End all connections. Called while an error is handled, it lets the other hosts end too."""
        if self._pulse:
            self._pulse.end(sys.exc_info()[0] is None)
        self._shut()
        for connection in filter(None, (self._before, self._next)):
            connection.close()
        self._sender.shutdown(wait=False)

    def _shut(self) -> None:
        """End what still sends or receives, in any thread."""
        for connection in filter(None, (self._before, self._next)):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _exchange(self, data: bytes | np.ndarray) -> bytearray:
        """Send to the next host and receive from the one before, both at once: each may be more than buffers hold."""
        sending = self._sender.submit(_send, self._next, memoryview(data).cast("B"))
        received = self._guard(lambda: _receive(self._before), self._name(-1))
        self._guard(sending.result, self._name(1))
        return received

    def _guard(self, act: Callable, other: str):
        """What `act` returns. Raises DataError where the connection to the other host fails."""
        try:
            return act()
        except OSError as error:
            self.close()  # the hosts beside this one notice at once, and so on round the ring
            raise DataError(f"{self._explain(error, other)}; {self._remedy}") from error

    def _explain(self, error: OSError, other: str) -> str:
        """Why a connection has failed; it may have been shut because the next host was given up."""
        if self._pulse and self._pulse.has_given_up:
            other = self._name(1)
            if self._pulse.is_silent:
                return f"{other} has hung, it has had no pulse for {self._pulse.limit:g} s"
        if reason := self._explain_loss(_REASON_SECONDS):
            return reason
        if isinstance(error, TimeoutError) and not error.errno:  # else the system gave up, by keepalive
            return f"{other} has said nothing for {_SILENT_SECONDS} s"
        return f"{other} is gone, or has lost another host"

    def _name(self, step: int) -> str:
        place = (self.place + step) % self.count
        return f"host {place + 1} of {self.count} ({self._addresses[place]})"

    def _refuse(self, step: int) -> CallError:
        return CallError(
            f"{self._name(step)} has other settings, data, versions or another kind of device than this one; start the "
            "same command on all hosts"
        )

    def _dial(self, deadline: float) -> socket.socket:
        host, port = _split(self._addresses[(self.place + 1) % self.count])
        while True:
            try:
                return socket.create_connection((host, port), timeout=_HELLO_SECONDS)
            except OSError as error:
                self._check_meeting(deadline, 1, error)
                time.sleep(_RETRY_SECONDS)

    def _accept(self, listener: socket.socket, hello: bytes, deadline: float) -> socket.socket:
        """The connection of the host before, after both found that they have the same run."""
        listener.settimeout(_RETRY_SECONDS)
        while True:
            try:
                connection, _ = listener.accept()
            except TimeoutError as error:
                self._check_meeting(deadline, -1, error)
                continue
            connection.settimeout(_HELLO_SECONDS)
            try:
                heard = _receive(connection, _MOST_HELLO)
                is_host = b"pet_mood" in heard
                _send(connection, b"same" if heard == hello else b"other")
            except OSError:  # a stranger
                is_host = False
            if is_host and heard != hello:
                raise self._refuse(-1)
            if is_host:
                return connection
            connection.close()

    def _check_meeting(self, deadline: float, step: int, error: OSError) -> None:
        if reason := self._explain_loss(0):
            raise DataError(reason) from error
        if time.monotonic() > deadline:
            raise DataError(f"{self._name(step)} did not come within {_MEET_SECONDS} s; start it as well") from error


def _listen(address: str) -> socket.socket:
    host, port = _split(address)
    try:
        try:
            return socket.create_server((host, port))
        except OSError as error:
            if error.errno != errno.EADDRNOTAVAIL:
                raise
            return socket.create_server(("", port))  # the address is that of a router or a container's host
    except OSError as error:
        raise CallError(f"cannot listen at {address}: {error.strerror}; give another port in TF_CONFIG") from error


def _split(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def _watch(connection: socket.socket) -> None:
    """Send at once what is sent, and notice a host that is gone."""
    connection.settimeout(_SILENT_SECONDS)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEPALIVE.items():
        if hasattr(socket, name):  # Linux
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def _send(connection: socket.socket, data: bytes | memoryview) -> None:
    connection.sendall(_LENGTH.pack(len(data)))
    connection.sendall(data)


def _receive(connection: socket.socket, most: int | None = None) -> bytearray:
    """Raises OSError where the connection ends, or where more than `most` bytes are announced."""
    (length,) = _LENGTH.unpack(_receive_exactly(connection, _LENGTH.size))
    if most is not None and length > most:
        raise ConnectionError(f"{length} bytes are announced")
    return _receive_exactly(connection, length)


def _receive_exactly(connection: socket.socket, length: int) -> bytearray:
    data = bytearray(length)
    view = memoryview(data)
    while view:
        received = connection.recv_into(view)
        if not received:
            raise ConnectionError("the connection ended")
        view = view[received:]
    return data
