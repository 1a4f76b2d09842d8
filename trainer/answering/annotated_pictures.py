"""Pictures with a box around each pet and its mood in Korean, for people to look at.

Of a photo one picture is written, of a clip one for each pet: the frame in which the finder was surest of it. They are
JPEGs of at most 1920 pixels a side. The files are read again for it, so that answers need no memory for pixels.

A picture is named after its file and a hash of that file's whole path. So files of the same name in different folders
never meet, and the same file always gets the same name.
"""

import hashlib
import io
import os
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from console.hangul_font import find_hangul_font_file
from shards.crop_geometry import Box
from shards.emotions import ENGLISH
from shards.errors import CallError
from shards.storage.atomic_write import write_atomically
from trainer.answering.answers import AnimalLogits, DecisionRule
from trainer.answering.judged_files import JudgedClip, JudgedPhoto
from trainer.answering.korean_sentences import ANIMAL_NAMES, NO_PET_SENTENCE, UNKNOWN_MOOD, format_probability
from trainer.answering.pet_answers import describe_animal, describe_whole
from trainer.answering.photo import decode_upright_pixels, read_upright_pixels
from trainer.answering.video_file import sample_video_frames

_MOST_SIDE = 1920  # pixels
_QUALITY = 90
_COLOURS = ((214, 39, 40), (31, 119, 180), (44, 120, 44), (148, 80, 180), (160, 90, 20), (20, 120, 130))
_LONGEST_STEM = 150  # bytes, of the 255 that a file name may have


class PetLabel(NamedTuple):
    """What is drawn for a pet."""

    box: Box | None  # in pixels of the picture; None: at the top of the picture, without a frame
    korean: str
    english: str  # where the machine has no font with Hangul


class _Drawing(NamedTuple):
    name: str  # of the file
    pixels: np.ndarray
    labels: list[PetLabel]


def write_annotated(
    file: JudgedPhoto | JudgedClip, rule: DecisionRule, folder: Path, sources: set[Path], species: str | None = None
) -> list[Path]:
    """Write the pictures of a file that has been answered, each whole or not at all.

    Args:
        file: what was answered.
        rule: by which the moods are told.
        folder: is there.
        sources: resolved paths of all files that were asked about.
        species: goes before the finder's.

    Returns:
        The paths of the pictures. A clip without a pet has none.

    Raises CallError where a picture would replace one of the sources.
    """
    paths = []
    choose = _choose_photo if isinstance(file, JudgedPhoto) else _choose_frames
    for name, pixels, labels in choose(file, rule, species):
        path = folder / name
        if path.resolve() in sources:
            raise CallError(f"--annotated {folder}: {path.name} there is one of the pictures asked about; name another")
        data = draw_labels(pixels, labels)
        with write_atomically(path, one_of_many=True) as stream:
            stream.write(data)
        paths.append(path)
    return paths


def draw_labels(picture: np.ndarray, labels: Sequence[PetLabel]) -> bytes:
    """Draw labels on a picture, (height, width, 3) uint8 RGB, at most 1920 pixels a side; returns a JPEG."""
    image = Image.fromarray(picture)
    scale = min(1, _MOST_SIDE / max(image.size))
    if scale < 1:
        image = image.resize([max(1, round(side * scale)) for side in image.size], reducing_gap=2)
    draw = ImageDraw.Draw(image)
    size = max(12, min(image.size) // 24)
    hangul = find_hangul_font_file()
    font = _load_font(hangul, size)
    for number, label in enumerate(labels):
        colour = _COLOURS[number % len(_COLOURS)]
        left = top = 0
        if label.box:
            left, top = round(label.box.x * scale), round(label.box.y * scale)
            right, bottom = (
                round((label.box.x + label.box.width) * scale) - 1,
                round((label.box.y + label.box.height) * scale) - 1,
            )
            draw.rectangle((left, top, max(left, right), max(top, bottom)), outline=colour, width=max(2, size // 8))
        _write_text(draw, label.korean if hangul else label.english, font, (left, top), colour, image.width)
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=_QUALITY)
    return stream.getvalue()


def _write_text(
    draw: ImageDraw.ImageDraw, text: str, font: Any, corner: tuple[int, int], colour: tuple, room: int
) -> None:
    """Write white text on a bar of the colour: above the corner where there is room, and inside the picture's width."""
    left, top, right, bottom = draw.textbbox((0, 0), text, font=font)
    pad = max(2, (bottom - top) // 5)
    width, height = right - left + 2 * pad, bottom - top + 2 * pad
    x = max(0, min(corner[0], room - width))
    y = corner[1] - height if corner[1] >= height else corner[1]
    draw.rectangle((x, y, x + width, y + height), fill=colour)
    draw.text((x + pad - left, y + pad - top), text, font=font, fill=(255, 255, 255))


@cache
def _load_font(hangul: Path | None, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(hangul), size) if hangul else ImageFont.load_default(size)


def _choose_photo(file: JudgedPhoto, rule: DecisionRule, species: str | None) -> Iterator[_Drawing]:
    labels = [
        _label_animal(pet.box, number, describe_animal(pet, species), rule) for number, pet in enumerate(file.pets, 1)
    ]
    if whole := describe_whole(file, species):
        labels = [_label_animal(None, 0, whole, rule)]
    labels = labels or [PetLabel(None, NO_PET_SENTENCE, "no dog or cat found")]
    if file.data is None:
        yield _Drawing(_name_picture(file.path), read_upright_pixels(file.path), labels)
    else:
        digest = hashlib.sha256(file.data).hexdigest()[:12]
        yield _Drawing(f"stdin-{digest}.jpg", decode_upright_pixels(file.data), labels)


def _choose_frames(file: JudgedClip, rule: DecisionRule, species: str | None) -> Iterator[_Drawing]:
    """For each pet the frame in which the finder was surest of it, as the clip goes."""
    best = {pet.number: max(pet.sightings, key=lambda seen: seen.pet.score or 0).seconds for pet in file.pets}
    frames = sample_video_frames(file.path) if best else iter(())
    for seconds, pixels in frames:
        for number in [number for number, at in best.items() if at == seconds]:
            del best[number]
            labels = _label_frame(file, seconds, rule, species)
            yield _Drawing(_name_picture(file.path, f"-{number}"), pixels, labels)
        if not best:
            return


def _label_frame(file: JudgedClip, seconds: float, rule: DecisionRule, species: str | None) -> list[PetLabel]:
    """All pets of a clip that are in that frame, each with its mood over the whole clip."""
    return [
        _label_animal(seen.pet.box, number, describe_animal(pet, species), rule)
        for number, pet in enumerate(file.pets, 1)
        for seen in pet.sightings
        if seen.seconds == seconds
    ]


def _label_animal(box: Box | None, number: int, animal: AnimalLogits, rule: DecisionRule) -> PetLabel:
    probabilities = rule.compute_probabilities(animal.logits.mean(axis=0))
    label = rule.decide(probabilities)
    head = f"{number}. " if number else ""
    english = "not known" if label is None else f"{ENGLISH[label]} {100 * probabilities[label]:.1f}%"
    korean = UNKNOWN_MOOD if label is None else format_probability(label, probabilities[label])
    return PetLabel(
        box, f"{head}{ANIMAL_NAMES[animal.species]} {korean}", f"{head}{animal.species or 'animal'} {english}"
    )


def _name_picture(path: Path, suffix: str = "") -> str:
    digest = hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:12]
    stem = path.stem
    while len(os.fsencode(stem)) > _LONGEST_STEM:
        stem = stem[:-1]
    return f"{stem}-{digest}{suffix}.jpg"
