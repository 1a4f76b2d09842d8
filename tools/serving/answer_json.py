"""Answers as JSON: one document for a photo or a clip, and one short line for each frame of a clip."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tools.serving.judging import JudgedFrame
from tools.serving.refusal import Refusal
from trainer.answering.answers import DecisionRule, FileLogits, build_json_answer
from trainer.answering.pet_judge import JudgedPet
from trainer.answering.pet_tracks import PetTracks, TrackedPet


@dataclass(frozen=True)
class AnswerDocument:
    """Writes the document of the command line's --json, for one file of a client.

    Args:
        model: name of the model, without the folders around its run.
        rule: how logits become a mood.
    """

    model: str
    rule: DecisionRule

    def describe_photo(self, pets: Sequence[JudgedPet]) -> dict[str, Any]:
        """The document of a photo; its pets are those that were found, or the whole photo."""
        described = [
            _describe_box(pet) | _describe_mood(FileLogits("photo", pet.species, pet.logits[None], None), self.rule)
            for pet in pets
        ]
        return self._describe({"file": "photo", "pets": described}, [])

    def describe_clip(self, tracks: PetTracks, problems: Sequence[Refusal]) -> dict[str, Any]:
        """The document of a clip; `problems` are said beside the answer."""
        described = [self._describe_track(track) for track in tracks.list_pets()]
        return self._describe({"file": "clip", "frames": tracks.frame_count, "pets": described}, problems)

    def _describe(self, result: dict[str, Any], problems: Sequence[Refusal]) -> dict[str, Any]:
        return {
            "model": self.model,
            "prior": self.rule.prior,
            "min_confidence": self.rule.min_confidence,
            "never_answered": [mood.english for mood in self.rule.untrained_moods],
            "results": [result],
            "errors": [{"file": result["file"], "why": problem.english} for problem in problems],
        }

    def _describe_track(self, track: TrackedPet) -> dict[str, Any]:
        logits = np.stack([pet.logits for _, pet in track.sightings])
        seconds = np.array([seconds for seconds, _ in track.sightings])
        answer = _describe_mood(FileLogits("clip", track.species, logits, seconds), self.rule)
        for frame, (_, pet) in zip(answer["frames"], track.sightings, strict=True):
            frame["box"] = list(pet.box)
        return {"number": track.number, "score": track.score} | answer


def build_frame_line(frame: JudgedFrame, numbers: Sequence[int], rule: DecisionRule) -> dict[str, Any]:
    """A frame of a clip as the page draws it; `numbers` says which pet of the clip each of its pets is."""
    pets = []
    for number, pet in zip(numbers, frame.pets, strict=True):
        probabilities = rule.compute_probabilities(pet.logits)
        shares = [round(float(p), 4) for p in probabilities]
        pets.append(
            {"number": number, "box": list(pet.box), "species": pet.species}
            | {"label": rule.decide(probabilities), "probabilities": shares}
        )
    return {"frame": {"seconds": round(frame.seconds, 3), "width": frame.width, "height": frame.height, "pets": pets}}


def _describe_box(pet: JudgedPet) -> dict[str, Any]:
    score = None if pet.score is None else round(float(pet.score), 4)
    return {"box": list(pet.box), "score": score}


def _describe_mood(logits: FileLogits, rule: DecisionRule) -> dict[str, Any]:
    answer = build_json_answer(logits, rule)
    del answer["file"]  # of the whole picture, not of the pet
    return answer
