"""Photos and clips of clients to answers: read, decoded, judged in the queue that all share, and counted."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple

import anyio
import numpy as np
from anyio.to_thread import run_sync

from shards.emotions import ENGLISH
from shards.jpeg_headers import UnreadableImage
from tools.serving.clip_file import ClipFile
from tools.serving.model_queue import ModelQueue
from tools.serving.refusal import Refusal, refuse_crowd, refuse_damaged, refuse_length, refuse_pixels
from tools.serving.serve_limits import Allowance, ServeLimits
from tools.serving.serve_metrics import ServeMetrics
from trainer.answering.answers import DecisionRule
from trainer.answering.judged_files import JudgedPhoto
from trainer.answering.pet_judge import JudgedPet
from trainer.answering.photo import decode_upright_pixels
from trainer.answering.photo_header import read_photo_size
from trainer.answering.video_file import read_stated_size, sample_video_frames

_DECODERS = 2  # photos that are decoded at the same time, in threads
_FRAMES_AHEAD = 8  # of a clip, in the queue: batches are well filled, and no clip keeps the others waiting


class JudgedFrame(NamedTuple):
    """A frame of a clip and its pets."""

    seconds: float  # from the clip's first frame
    width: int
    height: int
    pets: list[JudgedPet]


@dataclass
class Judging:
    """What all requests share. Its methods raise Refusal where there is no answer."""

    models: ModelQueue
    rule: DecisionRule
    limits: ServeLimits
    metrics: ServeMetrics
    memory: Allowance = field(init=False)  # bytes of photos' files

    def __post_init__(self) -> None:
        self.memory = Allowance(self.limits.held_bytes)
        self._pixels = Allowance(self.limits.held_pixels)
        self._pixels_freed = asyncio.Condition()
        self._photos, self._clips = Allowance(self.limits.waiting_photos), Allowance(self.limits.clips_at_once)
        self._decoders = anyio.CapacityLimiter(_DECODERS)

    @contextmanager
    def photo_place(self) -> Iterator[None]:
        """A place among the photos that are in work."""
        with _take_place(self._photos):
            yield

    @contextmanager
    def clip_place(self) -> Iterator[None]:
        """A place among the clips that are in work."""
        with _take_place(self._clips), self.metrics.clips.track_inprogress():
            yield

    async def judge_photo(self, data: bytes) -> JudgedPhoto:
        """The pets on a photo, or the whole photo where no finder looks."""
        start = time.monotonic()
        try:
            width, height = read_photo_size(data)
            self._check_pixels(width, height)
            async with self._hold_pixels(width * height):
                pixels = await run_sync(decode_upright_pixels, data, limiter=self._decoders)
                pets = await asyncio.wrap_future(self.models.submit(pixels))
        except UnreadableImage as error:
            raise refuse_damaged("photo", error) from error
        self.metrics.answer.observe(time.monotonic() - start)
        self._count("photo", pets)
        return JudgedPhoto(Path("photo"), pixels.shape[1], pixels.shape[0], pets)

    async def judge_clip(self, clip: ClipFile) -> AsyncIterator[JudgedFrame]:
        """Yield the sampled frames of a clip, each as soon as it is judged.

        Raises Refusal for what is no clip, after its last frame for one that is cut short, and with the code too_long
        after the last frame within the limit of seconds.
        """
        await run_sync(self._check_stated_size, clip.path)
        frames = sample_video_frames(clip.path)
        ahead: deque[tuple[float, tuple[int, ...], asyncio.Future]] = deque()
        try:
            while frame := await run_sync(partial(self._read_frame, frames)):
                seconds, pixels = frame
                ahead.append((seconds, pixels.shape, asyncio.wrap_future(self.models.submit(pixels))))
                room = min(_FRAMES_AHEAD, max(1, self.limits.picture_pixels // (pixels.size // 3)))
                while ahead and (len(ahead) >= room or ahead[0][-1].done()):
                    yield await self._finish(*ahead.popleft())
            while ahead:
                yield await self._finish(*ahead.popleft())
        except (Refusal, UnreadableImage) as error:
            while ahead:
                yield await self._finish(*ahead.popleft())
            raise error if isinstance(error, Refusal) else refuse_damaged("clip", error) from error
        finally:
            for *_, future in ahead:
                future.cancel()
            frames.close()  # no thread reads in it: run_sync is not left before its thread has ended

    def _read_frame(self, frames: Iterator[tuple[float, np.ndarray]]) -> tuple[float, np.ndarray] | None:
        """The next frame; None at the end."""
        seconds, pixels = next(frames, (0.0, None))
        if pixels is None:
            return None
        if seconds > self.limits.clip_seconds:
            raise refuse_length(self.limits.clip_seconds)
        return seconds, pixels

    def _check_stated_size(self, path: Path) -> None:
        self._check_pixels(*read_stated_size(path))

    def _check_pixels(self, width: int, height: int) -> None:
        if width * height > self.limits.picture_pixels:
            raise refuse_pixels(width, height, self.limits.picture_pixels)

    async def _finish(self, seconds: float, shape: tuple[int, ...], future: asyncio.Future) -> JudgedFrame:
        pets = await future
        self._count("clip", pets)
        return JudgedFrame(seconds, shape[1], shape[0], pets)

    def _count(self, source: str, pets: list[JudgedPet]) -> None:
        labels = [self.rule.decide(self.rule.compute_probabilities(pet.logits)) for pet in pets]
        self.metrics.note_picture(source, [None if label is None else ENGLISH[label] for label in labels])

    @asynccontextmanager
    async def _hold_pixels(self, amount: int) -> AsyncIterator[None]:
        """Wait until there is memory for so many pixels, and hold it."""
        async with self._pixels_freed:
            await self._pixels_freed.wait_for(partial(self._pixels.take, amount))
        try:
            yield
        finally:
            self._pixels.give_back(amount)
            with anyio.CancelScope(shield=True):
                async with self._pixels_freed:
                    self._pixels_freed.notify_all()


@contextmanager
def _take_place(places: Allowance) -> Iterator[None]:
    if not places.take(1):
        raise refuse_crowd()
    try:
        yield
    finally:
        places.give_back(1)
