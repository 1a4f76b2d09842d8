"""What every request passes before and after the application: who may ask, what a browser is told, how errors end."""

import asyncio
import ipaddress
import logging
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.failures import describe_failure
from tools.serving.refusal import Refusal, refuse_fault, refuse_host, refuse_method, refuse_origin, refuse_path

# Own files and what the page itself has made (blob:) alone: nothing is fetched from elsewhere, nothing inline is run.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; connect-src 'self'; "
    "img-src 'self' blob:; media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(), geolocation=()",
    "cache-control": "no-store",
}
_SAFE_HEADERS = [(name.encode(), value.encode()) for name, value in _HEADERS.items()]
# After a refusal so much of the body is still read and thrown away: a client that is sending would see a broken
# connection otherwise, not the answer.
_LINGER_BYTES, _LINGER_SECONDS, _LINGER_PAUSE = 1 << 26, 10.0, 2.0


class Gate:
    """An ASGI application around another.

    Args:
        app: the application inside. It may raise Refusal.
        hosts: names and addresses under which the server may be asked, without port. It keeps out pages of other
            sites whose name was made to lead to this machine.
        log: gets one line for each request that is not answered.
        note_status: called with the path's name and the status of each response.
    """

    def __init__(
        self, app: ASGIApp, hosts: frozenset[str], log: logging.Logger, note_status: Callable[[str, int], None]
    ) -> None:
        self._app, self._hosts, self._log, self._note_status = app, hosts, log, note_status

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        exchange = _Exchange(scope, receive, send)
        try:
            check_sender(Headers(scope=scope), self._hosts)
            await self._app(scope, exchange.receive, exchange.send)
        except ClientDisconnect:
            pass
        except Exception as error:
            refusal = _explain(error)
            # Through repr: a path of the client's could hold line ends.
            reason = describe_failure(error)[1] if refusal.code == "fault" else str(refusal)
            client = (scope.get("client") or ("?",))[0]
            self._log.warning("%s %s %.80r: %s", client, scope["method"], scope["path"], " ".join(reason.split()))
            await exchange.refuse(refusal)
        self._note_status(scope["path"], exchange.status)


def check_sender(headers: Headers, hosts: frozenset[str]) -> None:
    """Raise Refusal for a request to a host name that is not ours, or from a page of another site."""
    stated = headers.getlist("host")
    if len(stated) != 1 or _split_host(f"//{stated[0]}") not in hosts:
        raise refuse_host()
    origins = headers.getlist("origin")  # browsers send it with every POST
    if origins and (len(origins) > 1 or urlsplit(origins[0]).netloc.lower() != stated[0].lower()):
        raise refuse_origin()


def _split_host(url: str) -> str | None:
    """The host's name without its port; None where there is none."""
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def list_hosts(address: str, allowed: list[str]) -> frozenset[str]:
    """The host names under which a server that listens on an address may be asked."""
    names = {address.strip("[]").lower(), *(name.strip("[]").lower() for name in allowed)}
    if is_loopback(address):
        names |= {"localhost", "127.0.0.1", "::1"}
    return frozenset(names)


def is_loopback(address: str) -> bool:
    """Whether only programs on this machine can reach an address."""
    if address.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(address.strip("[]")).is_loopback
    except ValueError:
        return False


def _explain(error: Exception) -> Refusal:
    if isinstance(error, Refusal):
        return error
    if not isinstance(error, HTTPException):
        return refuse_fault()
    allowed = (error.headers or {}).get("Allow")  # of the path, where only the method is wrong
    return refuse_method(allowed.split(", ")) if allowed else refuse_path()


class _Exchange:
    """One request and its response: what of them has passed."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self._is_asked, self._is_read = False, False  # whether anything of the body was asked for; whether all came
        self.status = 499  # until there is a response: the client went away

    async def receive(self) -> Message:
        self._is_asked = True
        message = await self._receive()
        self._is_read |= not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message = message | {"headers": [*message.get("headers", []), *_SAFE_HEADERS]}
        await self._send(message)

    async def refuse(self, refusal: Refusal) -> None:
        if self.status != 499:
            raise refusal  # in mid-response: the server closes the connection
        response = JSONResponse(refusal.as_dict(), refusal.status, media_type="application/json; charset=utf-8")
        response.headers.update(refusal.headers)
        response.headers["connection"] = "close"
        await self.send({"type": "http.response.start", "status": refusal.status, "headers": response.raw_headers})
        await self.send({"type": "http.response.body", "body": response.body, "more_body": True})
        await self._linger()
        await self.send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _linger(self) -> None:
        thrown_away, until = 0, time.monotonic() + _LINGER_SECONDS
        if not self._is_asked and Headers(scope=self._scope).get("expect", "").lower() == "100-continue":
            return  # the client waits for our word before it sends, and to listen would give it
        while not self._is_read and thrown_away < _LINGER_BYTES and time.monotonic() < until:
            try:
                async with asyncio.timeout(_LINGER_PAUSE):
                    thrown_away += len((await self.receive()).get("body", b""))
            except TimeoutError:
                return
