"""uvicorn's HTTP connection, which does not wait for ever for a client that sends or takes nothing."""

from asyncio import BaseTransport
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle


class PatientConnection(H11Protocol):
    """Closes a connection whose request head does not come, or whose client does not take what is sent to it.

    uvicorn has a limit for a connection that idles between two requests alone. Bodies have theirs in request_body.
    """

    patience = 15.0  # seconds; of the subclass that make_connection_class returns

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        self._seen: RequestResponseCycle | None = None  # the last request
        self._head_awaited_since = self.loop.time()
        self._unsent_since: float | None = None
        self._watch_later()

    def connection_lost(self, exc: Exception | None) -> None:
        self._watch.cancel()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        self._unsent_since = self.loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        self._unsent_since = None
        super().resume_writing()

    def _watch_later(self) -> None:
        self._watch = self.loop.call_later(self.patience / 4, self._look)

    def _look(self) -> None:
        now = self.loop.time()
        if self.cycle is not self._seen or (self.cycle and not self.cycle.response_complete):
            self._seen, self._head_awaited_since = self.cycle, now
        if self.transport.is_closing() and self._unsent_since is None:
            self._unsent_since = now  # it is lost, and this watch ends, once its last bytes are taken
        since = min(self._head_awaited_since, now if self._unsent_since is None else self._unsent_since)
        if now - since > self.patience:
            self.transport.abort()  # close() would wait until the client has taken everything
        else:
            self._watch_later()


def make_connection_class(seconds: float) -> type[PatientConnection]:
    """The class with a patience, since uvicorn takes a class and makes the connections itself."""
    members: dict[str, Any] = {"patience": seconds}
    return type("Connection", (PatientConnection,), members)
