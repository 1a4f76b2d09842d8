"""The body of a request as it comes in: limited by what it states and by what really comes, in bytes and in time."""

import asyncio
from collections.abc import AsyncIterator

from starlette.requests import Request

from tools.serving.media_kind import HEAD_BYTES, find_kind
from tools.serving.refusal import refuse_crowd, refuse_empty, refuse_form, refuse_kind, refuse_size, refuse_slowness
from tools.serving.serve_limits import Allowance, ServeLimits

_LEAST_BYTES_PER_SECOND = 16_384  # on the whole; a client that sends a byte now and then would hold its place for ever


class RequestBody:
    """The one file that a request sends. All methods raise Refusal for what goes beyond the limits.

    A form is refused unread: its parts could have names and headers of any length, and every client that can send a
    form can send the file alone.
    """

    def __init__(self, request: Request, limits: ServeLimits) -> None:
        self._limits = limits
        self._stated = int(request.headers.get("content-length", 0))  # h11 has refused what is no number
        if request.headers.get("content-type", "").lower().startswith("multipart/"):
            raise refuse_form()
        if self._stated > max(limits.clip_bytes, limits.photo_bytes):
            raise refuse_size("clip", limits.clip_bytes)
        self._chunks = _hurry(request.stream(), limits.patience)
        self._head = b""

    async def read_kind(self) -> str:
        """Photo or clip, from the body's first bytes."""
        async for chunk in self._chunks:
            self._head += chunk
            if len(self._head) >= HEAD_BYTES:
                break
        if not self._head:
            raise refuse_empty()
        kind = find_kind(self._head)
        if kind not in ("photo", "clip"):
            raise refuse_kind(kind)
        if self._stated > self._limit(kind):
            raise refuse_size(kind, self._limit(kind))
        return kind

    async def read_chunks(self, kind: str) -> AsyncIterator[bytes]:
        """Yield the body from its beginning. To be called once, after read_kind."""
        received = len(self._head)
        yield self._head
        async for chunk in self._chunks:
            received += len(chunk)
            if received > self._limit(kind):
                raise refuse_size(kind, self._limit(kind))
            yield chunk

    async def read_photo(self, memory: Allowance) -> bytearray:
        """The whole body, whose bytes are taken from `memory`. To be given back by the caller, unless it raises."""
        data = bytearray()
        try:
            async for chunk in self.read_chunks("photo"):
                if not memory.take(len(chunk)):
                    raise refuse_crowd()
                data += chunk
        except BaseException:
            memory.give_back(len(data))
            raise
        return data

    def _limit(self, kind: str) -> int:
        return self._limits.photo_bytes if kind == "photo" else self._limits.clip_bytes


async def _hurry(chunks: AsyncIterator[bytes], patience: float) -> AsyncIterator[bytes]:
    """Yield the chunks that are not empty; raise Refusal where they come too slowly."""
    clock = asyncio.get_running_loop()
    waited, received = 0.0, 0  # seconds spent waiting for the client, bytes that came in them
    while True:
        before = clock.time()
        try:
            async with asyncio.timeout(patience):
                chunk = await anext(chunks, None)
        except TimeoutError:
            raise refuse_slowness() from None
        if chunk is None:
            return
        waited, received = waited + clock.time() - before, received + len(chunk)
        if waited > patience + received / _LEAST_BYTES_PER_SECOND:
            raise refuse_slowness()
        if chunk:
            yield chunk
