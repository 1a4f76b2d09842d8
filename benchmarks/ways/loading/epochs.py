"""A turn of a loader, for ways in either environment: batches are counted while its queues are as full as they get.

Settings of all ways: `folder`, where formats and samples of pictures are written; `files`, a folder of crops as
LABEL/NAME.jpg; `threads`, as many as there are cores; `flip`, whether half of the pictures are mirrored; `seconds` of a
turn; `warm`, if it is not WARM.
"""

import itertools
import os
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

BATCH_SIZE = 64
WINDOW = 224  # pixels
WARM, TAIL = 16, 8  # batches at the beginning of a turn and of an epoch, and at its end, that are not counted
_SHOWN = 16  # pictures of a turn that the check is given

Batches = Iterable[tuple[Any, Any]]  # images and labels


def list_files(settings: dict[str, Any]) -> list[tuple[str, int]]:
    """The path and the label of each crop."""
    return [(str(path), int(path.parent.name)) for path in sorted(Path(settings["files"]).glob("*/*.jpg"))]


def open_epochs(settings: dict[str, Any], make_epoch: Callable[[int], Batches]) -> Callable[[], dict[str, Any]]:
    """A turn that draws batches for `seconds`, from one epoch after the other.

    The clock stands still where a loader fills its queues or empties them: in the first WARM batches of a turn and of
    an epoch, and in the last TAIL of an epoch. So what lay in a queue before a turn is not counted, nor is the start of
    an epoch.
    """
    steps, warm = len(list_files(settings)) // BATCH_SIZE, settings.get("warm", WARM)
    stream = _draw(make_epoch, steps)
    sample = Path(settings["folder"]) / f"sample-{os.getpid()}.npy"

    def take_turn() -> dict[str, Any]:
        counted, passed, shown = 0, 0.0, []
        last = time.perf_counter()
        for number, batch in enumerate(stream):
            now = time.perf_counter()
            place, images, labels = batch
            if number >= warm and place >= warm and (place < steps - TAIL or place >= steps):
                counted, passed = counted + 1, passed + now - last
            if passed >= settings["seconds"]:
                break
            if len(shown) < _SHOWN:  # of another place each, and while the clock stands still
                shown.append(_take_picture(images, number * 13 % BATCH_SIZE))
            last = time.perf_counter() if number < warm else now
        np.save(sample, np.stack(shown))
        shape = [int(side) for side in images.shape]
        found = {"shape": shape, "type": _name_type(images), "labels": len(labels), "sample": str(sample)}
        return {"count": counted * BATCH_SIZE, "seconds": passed} | found

    for _, (place, *_rest) in zip(range(warm), stream, strict=False):  # starts processes, traces graphs
        assert place < warm
    return take_turn


def _draw(make_epoch: Callable[[int], Batches], steps: int) -> Iterator[tuple[int, Any, Any]]:
    """Batches with their place in their epoch. Incomplete ones are left out."""
    for epoch in itertools.count():
        place = -1
        for place, (images, labels) in enumerate(make_epoch(epoch)):
            if len(images) == BATCH_SIZE:
                yield place, images, labels
        if place < min(steps - TAIL, WARM):
            raise ValueError(f"an epoch of {place + 1} batches instead of {steps}")


def _take_picture(images: Any, place: int) -> np.ndarray:
    """One picture as uint8, rows and columns first."""
    picture = np.asarray(images[place])
    if picture.shape[0] == 3:
        picture = picture.transpose(1, 2, 0)
    if picture.dtype.kind == "f":
        picture = np.clip(np.rint(picture * (255 if picture.max() <= 1.5 else 1)), 0, 255)
    return picture.astype(np.uint8)


def _name_type(images: Any) -> str:
    return str(images.dtype).removeprefix("<dtype: '").removesuffix("'>").removeprefix("torch.")
