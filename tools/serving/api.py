"""The paths of the server: the page and its files, /api/mood, /api/model, /healthz and /metrics."""

import asyncio
import json
import logging
from array import array
from collections.abc import AsyncIterator, Coroutine
from contextlib import ExitStack, aclosing
from http import HTTPStatus
from pathlib import Path
from typing import Any

import numpy as np
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send

from console.failures import describe_failure
from tools.serving.answer_json import AnswerDocument, LiveMoods
from tools.serving.clip_file import ClipFile, open_clip_file
from tools.serving.judging import JudgedFrame, Judging
from tools.serving.page.page_files import PageFile
from tools.serving.refusal import Refusal, refuse_fault
from tools.serving.request_body import RequestBody
from trainer.answering.judged_files import JudgedClip
from trainer.answering.pet_tracks import PetTracks

_LINES = "application/x-ndjson"
OWN_PATHS = frozenset({"/api/mood", "/api/model", "/healthz", "/metrics"})


class Api:
    """The endpoints of a server.

    Args:
        judging: what requests share.
        document: writes the JSON of an answer.
        facts: what /api/model says, see page.model_facts.
        files: of the page, by path.
        log: gets one line for each clip that ends in an error.
    """

    def __init__(
        self,
        judging: Judging,
        document: AnswerDocument,
        facts: dict[str, Any],
        files: dict[str, PageFile],
        log: logging.Logger,
    ) -> None:
        self._judging, self._document, self._facts, self._files, self._log = judging, document, facts, files, log
        self._router = Router(
            [
                *(Route(path, self._serve_file) for path in files),
                Route("/api/mood", self._answer, methods=["POST"]),
                Route("/api/model", self._tell_model),
                Route("/healthz", self._tell_health),
                Route("/metrics", self._tell_metrics),
            ],
            redirect_slashes=False,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application. It raises Refusal and HTTPException, which a Gate around it turns into responses."""
        await self._router(scope | {"app": self}, receive, send)  # without an app, Starlette answers 404 in plain text

    async def _serve_file(self, request: Request) -> Response:
        file = self._files[request.url.path]
        return Response(file.content, media_type=file.media_type)

    async def _tell_model(self, request: Request) -> Response:
        return _respond(self._facts)

    async def _tell_health(self, request: Request) -> Response:
        works = self._judging.models.is_working
        status = HTTPStatus.OK if works else HTTPStatus.SERVICE_UNAVAILABLE
        waiting = self._judging.models.length
        return _respond({"status": "ok" if works else "the model's thread has ended", "waiting": waiting}, status)

    async def _tell_metrics(self, request: Request) -> Response:
        return Response(self._judging.metrics.encode(), media_type="text/plain; version=0.0.4; charset=utf-8")

    async def _answer(self, request: Request) -> Response:
        """The mood in a photo or a clip, which is the body. A clip's frames are streamed to those who accept lines."""
        body = RequestBody(request, self._judging.limits)
        kind = await body.read_kind()
        if kind == "photo":
            return await self._answer_photo(request, body)
        with ExitStack() as stack:
            stack.enter_context(self._judging.clip_place())
            clip = stack.enter_context(open_clip_file())
            async for chunk in body.read_chunks(kind):
                clip.file.write(chunk)
            wants_lines = _LINES in request.headers.get("accept", "")
            if not wants_lines:
                return _respond(await _leave_with_client(request, self._judge_clip(clip)))
            return _LineResponse(self._stream_clip(clip), stack.pop_all())

    async def _answer_photo(self, request: Request, body: RequestBody) -> Response:
        judging = self._judging
        with judging.photo_place():
            data = await body.read_photo(judging.memory)
            try:
                photo = await _leave_with_client(request, judging.judge_photo(bytes(data)))
            finally:
                judging.memory.give_back(len(data))
        return _respond(self._document.describe(photo))

    async def _judge_clip(self, clip: ClipFile) -> dict[str, Any]:
        """The document of a whole clip."""
        collected, problems = _Collected(), []
        try:
            async with aclosing(self._judging.judge_clip(clip)) as frames:
                async for frame in frames:
                    collected.add(frame)
        except Refusal as refusal:
            if refusal.code != "too_long":
                raise
            problems.append(refusal)
        return self._document.describe(collected.finish(), problems)

    async def _stream_clip(self, clip: ClipFile) -> AsyncIterator[bytes]:
        """Yield a line of JSON for each frame, then one with the answer, one with the error, or both."""
        collected, problem = _Collected(), None
        moods = LiveMoods(self._document.rule)
        try:
            async with aclosing(self._judging.judge_clip(clip)) as frames:
                async for frame in frames:
                    yield _encode_line(moods.build_line(frame, collected.add(frame)))
        except Exception as error:
            problem = error if isinstance(error, Refusal) else refuse_fault()
            reason = str(problem) if problem is error else describe_failure(error)[1]
            self._log.warning("a clip: %s", " ".join(reason.split()))
        if problem is None or problem.code == "too_long":
            yield _encode_line({"answer": self._document.describe(collected.finish(), [problem] if problem else [])})
        if problem:
            yield _encode_line(problem.as_dict())


class _Collected:
    """What remains of a clip's frames once they are judged."""

    def __init__(self) -> None:
        self._tracks, self._seconds, self._size = PetTracks(), array("d"), (0, 0)

    def add(self, frame: JudgedFrame) -> list[int]:
        """Returns which pet of the clip each of the frame's pets is."""
        self._seconds.append(frame.seconds)
        self._size = frame.width, frame.height
        return self._tracks.add(frame.seconds, frame.pets)

    def finish(self) -> JudgedClip:
        return JudgedClip(Path("clip"), *self._size, np.array(self._seconds), self._tracks.list_pets())


class _LineResponse(StreamingResponse):
    """A stream of lines that lets go of everything that it needs when it ends, however it ends."""

    def __init__(self, lines: AsyncIterator[bytes], needs: ExitStack) -> None:
        super().__init__(lines, media_type=_LINES)
        self._needs = needs

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._needs:
            async with aclosing(self.body_iterator):
                await super().__call__(scope, receive, send)


async def _leave_with_client(request: Request, work: Coroutine[Any, Any, Any]) -> Any:
    """The result of some work, which is cancelled where the client goes; then raise ClientDisconnect."""
    task, gone = asyncio.ensure_future(work), asyncio.ensure_future(request.receive())
    try:
        await asyncio.wait((task, gone), return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ClientDisconnect
        return task.result()
    finally:
        gone.cancel()
        task.cancel()
        await asyncio.gather(task, gone, return_exceptions=True)


def _encode_line(content: dict[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode() + b"\n"


def _respond(content: dict[str, Any], status: HTTPStatus = HTTPStatus.OK) -> Response:
    text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
    return Response(text, status, media_type="application/json; charset=utf-8")
