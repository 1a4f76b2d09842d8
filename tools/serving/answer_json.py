"""Answers as JSON: the document of the command line's --json, and one short line for each frame of a clip."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

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


def build_frame_line(frame: JudgedFrame, numbers: Sequence[int], rule: DecisionRule) -> dict[str, Any]:
    """A frame of a clip as the page draws it; `numbers` says which pet of the clip each of its pets is."""
    pets = []
    for number, pet in zip(numbers, frame.pets, strict=True):
        probabilities = rule.compute_probabilities(pet.logits)
        shares = [round(float(p), 4) for p in probabilities]
        pets.append(
            {"track": number, "box": pet.box._asdict(), "species": pet.species}
            | {"label": rule.decide(probabilities), "probabilities": shares}
        )
    return {"frame": {"seconds": round(frame.seconds, 3), "width": frame.width, "height": frame.height, "pets": pets}}
