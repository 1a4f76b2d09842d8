"""A photo's boxes -> a Label, whatever the format that states them.

A photo is a video of its own. Each box in it is a frame, whose number is the box's place among the photo's boxes.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from preprocess.sources.label_map import Meaning, find_meaning
from preprocess.sources.label_values import InvalidValue, read_number
from preprocess.sources.video import Annotation, Label
from shards.crop_geometry import Box
from shards.species import find_species_in_path

PHOTO = "photo"  # the key of a photo's only image

# Pixels. A width is the difference of two coordinates, and has to fit a column of int32 as well.
_MAX_COORDINATE = 2**29


class PhotoBox(NamedTuple):
    """A box as a label states it."""

    category: str | None
    box: Box | None  # None where it, or one of its numbers, is missing
    fault: str | None = None  # why it cannot be used: the path of the wrong value, and the value
    species: str | None = None  # CAT or DOG, where the label says so of the box itself


def make_photo_label(
    boxes: Sequence[PhotoBox], size: tuple[int | None, int | None], label_map: Mapping[str, Meaning]
) -> Label:
    """The label of a photo of `size`; without boxes it has no annotations.

    A category that stands for no mood takes the mood's place, so that its row says which it was. Its animals are the
    boxes of all categories that stand for a mood or name a species.
    """
    animals = sum(_is_animal(box.category or "", label_map) for box in boxes)
    annotations = [_make_annotation(place, box, label_map) for place, box in enumerate(boxes)]
    return Label(annotations, size=size, traits={"animal_count": animals or None})


def _is_animal(category: str, label_map: Mapping[str, Meaning]) -> bool:
    return bool(find_meaning(category, label_map) or find_species_in_path(category))


def read_photo_coordinate(value: Any, path: str) -> float:
    """A coordinate or length in pixels, with its decimals. Raises InvalidValue, which names `path`."""
    return read_number(value, path, -_MAX_COORDINATE, _MAX_COORDINATE)


def read_photo_side(value: Any) -> int | None:
    """A side that a label states of its photo, in pixels; None for 0, by which tools say that they do not know it."""
    try:
        side = read_number(value, "", 1, _MAX_COORDINATE)
    except InvalidValue:
        return None
    return int(side) if side == int(side) else None


def box_between(left: float, top: float, right: float, bottom: float) -> Box:
    """The box whose edges are the nearest whole ones.

    Edges are rounded, not lengths, and not outwards: a box that ends at the image's edge but for an error in the sixth
    decimal stays inside. Under half a pixel a side becomes 0, and what is negative stays so.
    """
    (x, width), (y, height) = _round_span(left, right), _round_span(top, bottom)
    return Box(x, y, width, height)


def _round_span(low: float, high: float) -> tuple[int, int]:
    """(start, length) in whole pixels."""
    start = round(low)
    length = round(high) - start
    return start, min(length, -1) if high < low else length


def _make_annotation(place: int, found: PhotoBox, label_map: Mapping[str, Meaning]) -> Annotation:
    category = found.category or ""
    mood, species = find_meaning(category, label_map) or Meaning(category)
    return Annotation(place, 0, PHOTO, found.box, mood, found.fault, species or found.species)
