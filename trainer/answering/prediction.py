"""From media files to logits: read the pictures, crop them to squares, predict in batches, collect by file.

Each step is a generator, so a long video is never held in memory as a whole.
"""

from collections.abc import Callable, Iterator
from itertools import chain, groupby, islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from shards.crop_geometry import Box
from shards.errors import CallError
from shards.jpeg_headers import UnreadableImage
from shards.species import find_species_in_path
from trainer.answering.answers import AnimalLogits, FileLogits
from trainer.answering.box_crop import crop_square
from trainer.answering.media_files import MediaFile
from trainer.answering.photo import decode_upright_pixels, read_upright_pixels
from trainer.answering.video_file import sample_video_frames
from trainer.model.mood_json import Metadata
from trainer.model.mood_network import open_mood_network


class _Square(NamedTuple):
    """A picture as the network takes it."""

    file_index: int
    seconds: float
    pixels: np.ndarray  # (size, size, 3) uint8


class _SquareLogits(NamedTuple):
    """What remains of a square once the model has seen it."""

    file_index: int
    seconds: float
    logits: np.ndarray  # (6,)


def check_box_fits(files: list[MediaFile], box: Box) -> None:
    """Raise CallError if the box extends beyond a photo or a video's first frame. Unreadable files are skipped."""
    for file in files:
        try:
            _, pixels = next(read_pictures(file))
        except UnreadableImage:
            continue  # predict_files reports it
        height, width = pixels.shape[:2]
        if box.x + box.width > width or box.y + box.height > height:
            raise CallError(
                f"--box {','.join(map(str, box))} leaves {file.path}, which is {width}x{height} pixels when upright"
            )


def predict_files(
    model_path: Path,
    metadata: Metadata,
    files: list[MediaFile],
    box: Box | None,
    species: str | None,
    batch_size: int,
    report_problem: Callable[[MediaFile, str], None],
) -> Iterator[FileLogits]:
    """Yield the logits of each file as soon as its last picture is through the model.

    Args:
        model_path: see open_mood_network; it is loaded only once there is a picture to predict.
        metadata: the model's.
        files: as list_media_files returns them.
        box: the animal, in pixels of the upright pictures; None for whole pictures.
        species: of the animals, dog or cat; None to find it in each file's name.
        batch_size: pictures in a batch.
        report_problem: called with each file that cannot be read, or not to its end, and the reason. Such a file
            yields no logits.
    """
    failed: set[int] = set()

    def note_problem(index: int, reason: str) -> None:
        failed.add(index)
        report_problem(files[index], reason)

    squares = _read_squares(files, box, metadata, note_problem)
    for index, group in groupby(_predict_squares(model_path, squares, batch_size), key=lambda row: row.file_index):
        # The group ends when a square of another file is drawn, so by then this file has been read to its end.
        rows = list(group)
        if index in failed:
            continue
        file = files[index]
        seconds = np.array([row.seconds for row in rows]) if file.is_video else None
        logits = np.stack([row.logits for row in rows])
        animal = AnimalLogits(species or find_species_in_path(file.path), logits, seconds)
        yield FileLogits(str(file.path), animal)


def _read_squares(
    files: list[MediaFile], box: Box | None, metadata: Metadata, note_problem: Callable[[int, str], None]
) -> Iterator[_Square]:
    for index, file in enumerate(files):
        try:
            for seconds, pixels in read_pictures(file):
                yield _Square(index, seconds, crop_square(pixels, box, metadata.crop_grow, metadata.image_size))
        except UnreadableImage as error:
            note_problem(index, str(error))


def read_pictures(file: MediaFile) -> Iterator[tuple[float, np.ndarray]]:
    """Yield seconds and pixels: of a photo once, of a video its sampled frames.

    Raises UnreadableImage, for a truncated video after its last frame.
    """
    if file.problem:
        raise UnreadableImage(file.problem)
    if file.data is not None:
        yield 0.0, decode_upright_pixels(file.data)
    elif file.is_video:
        yield from sample_video_frames(file.path)
    else:
        yield 0.0, read_upright_pixels(file.path)


def _predict_squares(model_path: Path, squares: Iterator[_Square], batch_size: int) -> Iterator[_SquareLogits]:
    """Yield the logits of each square. All batches have one shape, so that the model is compiled once."""
    first_batch = list(islice(squares, batch_size))
    if not first_batch:
        return
    network = open_mood_network(model_path)
    size = len(first_batch)  # below batch_size if there are fewer squares in all
    squares = chain(first_batch, squares)
    while batch := list(islice(squares, size)):
        pixels = np.zeros((size, *batch[0].pixels.shape), np.uint8)  # the last batch is padded with black
        pixels[: len(batch)] = [square.pixels for square in batch]
        for square, logits in zip(batch, network.predict_logits(pixels), strict=False):
            yield _SquareLogits(square.file_index, square.seconds, logits)
