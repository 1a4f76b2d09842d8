"""Pets through a clip: which boxes of successive judged frames belong to one pet.

In each frame, the pairs of a known pet's last box and a new box are joined by overlap, the largest first. Boxes are
compared at twice their width and height, because a running pet leaves its last box within a fifth of a second (as in
Yang et al., Hard to Track Objects with Irregular Motions and Similar Appearances?, 2023). A pet that was not found in
some frames is found again near its last place, if no more than two seconds have passed. A pet that was seen in fewer
than three frames is left out: finders see things for a moment. Where a clip has fewer frames than that, a pet has to be
in each of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np

from trainer.answering.pet_judge import JudgedPet
from trainer.finding.box_overlap import compute_overlaps, list_corners

LEAST_SIGHTINGS = 3
MOST_GAP = 2.0  # seconds
_LEAST_OVERLAP = 0.2  # intersection over union of the boxes at twice their sides


class Sighting(NamedTuple):
    """A pet in one frame."""

    seconds: float  # from the clip's first frame
    pet: JudgedPet


@dataclass
class TrackedPet:
    """A pet through a clip."""

    number: int  # from 1, in order of appearance; those left out have numbers too
    sightings: list[Sighting] = field(default_factory=list)

    @property
    def species(self) -> Literal["dog", "cat"] | None:
        """The species for which the scores of all sightings speak."""
        scores: dict = {}
        for _, pet in self.sightings:
            scores[pet.species] = scores.get(pet.species, 0) + (pet.score or 0)
        return max(scores, key=scores.__getitem__)

    @property
    def score(self) -> float | None:
        """The mean of the sightings' scores; None where no finder looked."""
        scores = [pet.score for _, pet in self.sightings if pet.score is not None]
        return float(np.mean(scores)) if scores else None

    @property
    def mean_area(self) -> float:
        """Of its boxes, in square pixels."""
        return float(np.mean([pet.box.width * pet.box.height for _, pet in self.sightings]))


class PetTracks:
    """Follows the pets of one clip, frame by frame. Memory holds the boxes and logits, never pixels."""

    def __init__(self) -> None:
        self.frame_count = 0
        self._previous_seconds = 0.0
        self._alive: list[TrackedPet] = []
        self._ended: list[TrackedPet] = []
        self._last_number = 0

    def add(self, seconds: float, pets: Sequence[JudgedPet]) -> list[int]:
        """Take the next frame's pets; returns the number of each, in the order in which they are given.

        Args:
            seconds: from the clip's first frame, more than in the call before.
            pets: as PetJudge.judge gives them for the frame.
        """
        self._end_lost(seconds)
        places = self._join(pets)
        numbers = []
        for pet, place in zip(pets, places, strict=True):
            if place is None:
                self._last_number += 1
                place = len(self._alive)
                self._alive.append(TrackedPet(self._last_number))
            self._alive[place].sightings.append(Sighting(seconds, pet))
            numbers.append(self._alive[place].number)
        self.frame_count += 1
        self._previous_seconds = seconds
        return numbers

    def list_pets(self) -> list[TrackedPet]:
        """The pets that were seen in enough of the frames so far, those with the largest boxes first."""
        enough = min(LEAST_SIGHTINGS, self.frame_count)
        kept = [track for track in (*self._ended, *self._alive) if len(track.sightings) >= enough]
        return sorted(kept, key=lambda track: (-track.mean_area, track.number))

    def _end_lost(self, seconds: float) -> None:
        """Give up the pets that were not seen for too long; in a slow clip, those not in the frame before."""
        oldest = min(seconds - MOST_GAP, self._previous_seconds)
        lost = [track for track in self._alive if track.sightings[-1].seconds < oldest]
        self._alive = [track for track in self._alive if track.sightings[-1].seconds >= oldest]
        self._ended += [track for track in lost if len(track.sightings) >= LEAST_SIGHTINGS]  # others never count

    def _join(self, pets: Sequence[JudgedPet]) -> list[int | None]:
        """For each pet, the place in self._alive of the one that it is; None for a new one."""
        places: list[int | None] = [None] * len(pets)
        overlaps = compute_overlaps(
            _double(list_corners([track.sightings[-1].pet.box for track in self._alive])),
            _double(list_corners([pet.box for pet in pets])),
        )
        taken = set()
        for pair in np.argsort(-overlaps, axis=None, kind="stable"):
            place, pet = divmod(int(pair), len(pets))
            if overlaps[place, pet] < _LEAST_OVERLAP:
                break
            if place not in taken and places[pet] is None:
                places[pet] = place
                taken.add(place)
        return places


def _double(corners: np.ndarray) -> np.ndarray:
    """Boxes around the same centres, twice as wide and high; (n, 4), ymin, xmin, ymax, xmax."""
    halves = (corners[:, 2:] - corners[:, :2]) / 2
    return corners + np.concatenate([-halves, halves], axis=1)
