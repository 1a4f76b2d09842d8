"""Answers as JSON: the document of the command line's --json, and one short line for each frame of a clip."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tools.serving.judging import JudgedFrame
from tools.serving.refusal import Refusal
from trainer.answering.answers import DecisionRule, FileLogits, build_json_answer
from trainer.answering.judged_files import JudgedClip, JudgedPhoto
from trainer.answering.pet_answers import build_json_file, describe_animal


@dataclass(frozen=True)
class AnswerDocument:
    """Writes the document for one file of a client.

    Args:
        model: name of the model, without the folders around its run.
        finder: name of the finder's file; None: whole pictures were judged.
        rule: how logits become a mood.
    """

    model: str
    finder: str | None
    rule: DecisionRule

    def describe(self, file: JudgedPhoto | JudgedClip, problems: Sequence[Refusal] = ()) -> dict[str, Any]:
        """The document; `problems` are said beside the answer."""
        if self.finder:
            result = build_json_file(file, self.rule)
        else:  # its only pet is the whole picture
            result = build_json_answer(FileLogits(str(file.path), describe_animal(file.pets[0])), self.rule)
        return {
            "model": self.model,
            **({"finder": self.finder} if self.finder else {}),
            "prior": self.rule.prior,
            "min_confidence": self.rule.min_confidence,
            "min_margin": self.rule.min_margin,
            "never_answered": [mood.english for mood in self.rule.untrained_moods],
            "results": [result],
            "errors": [{"file": result["file"], "why": problem.english} for problem in problems],
        }


class LiveMoods:
    """The moods of a clip's pets while its frames arrive: each averaged over the last `rule.smooth` seconds of the pet.

    The answer for the whole clip also knows what comes after each frame, see DecisionRule.smooth.
    """

    def __init__(self, rule: DecisionRule):
        self._rule = rule
        self._recent: dict[int, deque[tuple[float, np.ndarray]]] = {}  # by number of the pet

    def build_line(self, frame: JudgedFrame, numbers: Sequence[int]) -> dict[str, Any]:
        """A frame as the page draws it; `numbers` says which pet of the clip each of its pets is."""
        pets = []
        for number, pet in zip(numbers, frame.pets, strict=True):
            probabilities = self._rule.compute_probabilities(self._average(number, frame.seconds, pet.logits))
            shares = [round(float(p), 4) for p in probabilities]
            pets.append(
                {"track": number, "box": pet.box._asdict(), "species": pet.species}
                | {"label": self._rule.decide(probabilities), "probabilities": shares}
            )
        size = {"width": frame.width, "height": frame.height}
        return {"frame": {"seconds": round(frame.seconds, 3), **size, "pets": pets}}

    def _average(self, number: int, seconds: float, logits: np.ndarray) -> np.ndarray:
        recent = self._recent.setdefault(number, deque())
        recent.append((seconds, logits))
        while recent[0][0] < seconds - self._rule.smooth - 1e-6:  # times are rounded
            recent.popleft()
        return np.mean([each for _, each in recent], axis=0)
