"""From media files to the pets on them: read the pictures, find and judge in batches, collect by file.

Each step is a generator, so a long video is never held in memory as a whole.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, groupby
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

import numpy as np

from shards.jpeg_headers import UnreadableImage
from trainer.answering.media_files import MediaFile
from trainer.answering.pet_judge import JudgedPet, PetJudge
from trainer.answering.pet_tracks import PetTracks, TrackedPet
from trainer.answering.prediction import read_pictures

_MOST_PIXELS = 64_000_000  # of the pictures in a batch, 0.2 GB; a larger picture is a batch of its own


class JudgedPhoto(NamedTuple):
    """The pets on a photo."""

    path: Path
    width: int  # upright, in pixels
    height: int
    pets: list[JudgedPet]  # the largest first
    whole: np.ndarray | None = None  # (1, 6) logits of the whole photo, where there is no pet and it was asked for
    data: bytes | None = None  # of a photo that came by standard input


class JudgedClip(NamedTuple):
    """The pets in a clip."""

    path: Path
    width: int
    height: int
    seconds: np.ndarray  # (frames,) of the judged frames
    pets: list[TrackedPet]  # the largest first
    whole: np.ndarray | None = None  # (frames, 6), see JudgedPhoto


class _Picture(NamedTuple):
    file_index: int
    seconds: float
    pixels: np.ndarray


class _JudgedPicture(NamedTuple):
    """What remains of a picture once it has been judged."""

    file_index: int
    seconds: float
    width: int
    height: int
    pets: list[JudgedPet]
    whole: np.ndarray | None  # (1, 6)


def judge_files(
    open_judge: Callable[[], PetJudge],
    files: list[MediaFile],
    whole: bool,
    batch_size: int,
    report_problem: Callable[[MediaFile, str], None],
) -> Iterator[JudgedPhoto | JudgedClip]:
    """Yield what is on each file as soon as its last picture is through the networks.

    Args:
        open_judge: called once there is a picture to judge; it starts TensorFlow.
        files: as list_media_files returns them.
        whole: judge the whole picture where there is no pet; a clip is read a second time for that.
        batch_size: pictures in a batch, fewer where they are large.
        report_problem: called with each file that cannot be read, or not to its end, and the reason. Such a file
            yields nothing.
    """
    failed: set[int] = set()

    def note_problem(index: int, reason: str) -> None:
        failed.add(index)
        report_problem(files[index], reason)

    pictures = _read_files(files, note_problem)
    first = next(pictures, None)
    if first is None:
        return
    judge = open_judge()
    videos = {index for index, file in enumerate(files) if file.is_video}
    judged = _judge_pictures(judge, chain([first], pictures), batch_size, videos if whole else None)
    for index, group in groupby(judged, key=attrgetter("file_index")):
        # The group ends when a picture of another file is drawn, so by then this file has been read to its end.
        file = files[index]
        answer = (_collect_clip if file.is_video else _collect_photo)(file, group)
        if index in failed:
            continue
        if whole and file.is_video and not answer.pets:
            try:
                answer = answer._replace(whole=_judge_whole_frames(judge, file, batch_size))
            except UnreadableImage as error:  # it has changed since it was read
                note_problem(index, str(error))
                continue
        yield answer


def _read_files(files: list[MediaFile], note_problem: Callable[[int, str], None]) -> Iterator[_Picture]:
    for index, file in enumerate(files):
        try:
            for seconds, pixels in read_pictures(file):
                yield _Picture(index, seconds, pixels)
        except UnreadableImage as error:
            note_problem(index, str(error))


def _judge_pictures(
    judge: PetJudge, pictures: Iterable[_Picture], batch_size: int, videos: set[int] | None
) -> Iterator[_JudgedPicture]:
    """Judge batches of pictures; photos without pets whole, unless `videos` (indices of files) is None."""
    for batch in _cut_batches(pictures, batch_size):
        found = judge.judge([picture.pixels for picture in batch])
        lonely = [
            place
            for place, (picture, pets) in enumerate(zip(batch, found, strict=True))
            if videos is not None and picture.file_index not in videos and not pets
        ]
        whole = dict(zip(lonely, judge.judge_whole([batch[place].pixels for place in lonely]), strict=True))
        for place, (picture, pets) in enumerate(zip(batch, found, strict=True)):
            height, width = picture.pixels.shape[:2]
            logits = whole[place][None] if place in whole else None
            yield _JudgedPicture(picture.file_index, picture.seconds, width, height, pets, logits)


def _cut_batches(pictures: Iterable[_Picture], batch_size: int) -> Iterator[list[_Picture]]:
    batch: list[_Picture] = []
    pixels = 0
    for picture in pictures:
        height, width = picture.pixels.shape[:2]
        if batch and (len(batch) == batch_size or pixels + height * width > _MOST_PIXELS):
            yield batch
            batch, pixels = [], 0
        batch.append(picture)
        pixels += height * width
    if batch:
        yield batch


def _collect_photo(file: MediaFile, pictures: Iterator[_JudgedPicture]) -> JudgedPhoto:
    [picture] = pictures
    return JudgedPhoto(file.path, picture.width, picture.height, picture.pets, picture.whole, file.data)


def _collect_clip(file: MediaFile, pictures: Iterator[_JudgedPicture]) -> JudgedClip:
    tracks, seconds = PetTracks(), []
    for picture in pictures:
        tracks.add(picture.seconds, picture.pets)
        seconds.append(picture.seconds)
    return JudgedClip(file.path, picture.width, picture.height, np.array(seconds), tracks.list_pets())


def _judge_whole_frames(judge: PetJudge, file: MediaFile, batch_size: int) -> np.ndarray:
    pictures = (_Picture(0, seconds, pixels) for seconds, pixels in read_pictures(file))
    batches = _cut_batches(pictures, batch_size)
    return np.concatenate([judge.judge_whole([picture.pixels for picture in batch]) for batch in batches])
