"""From logits to what is said: probabilities, the mood or that it is not known, as text and as JSON."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal, NamedTuple

import numpy as np

from shards.emotions import EMOTIONS, Emotion
from trainer.answering.korean_sentences import say_mood, say_mood_of_clip, say_probability
from trainer.evaluation.calibration import equalize, log_probabilities
from trainer.model.mood_json import Metadata

Prior = Literal["equal", "natural"]
PRIOR_NOTES = {
    "equal": "확률: 기분이 모두 똑같이 흔하다고 볼 때",
    "natural": "확률: 학습 영상에서 흔한 정도를 반영할 때",
}


@dataclass(frozen=True)
class Judge:
    """How logits are read: for equal priors or those of the training videos, and from which probability on."""

    metadata: Metadata
    prior: Prior = "equal"
    min_confidence: float = 0.4

    def weigh(self, logits: np.ndarray) -> np.ndarray:
        """Probabilities (6,) float64 that add up to 1, of balanced logits (6,); 0 for a mood that was not trained."""
        prior = np.array(self.metadata.prior)
        prior = prior if self.prior == "natural" else equalize(prior)
        return np.exp(log_probabilities(logits[None], self.metadata.temperature, prior))[0]

    @property
    def never(self) -> list[Emotion]:
        """The moods that are never answered, because no training frame showed them."""
        return [emotion for emotion, share in zip(EMOTIONS, self.metadata.prior, strict=True) if share == 0]

    def decide(self, probabilities: np.ndarray) -> int | None:
        """The label of the most probable mood; None below the confidence."""
        label = int(probabilities.argmax())
        return label if probabilities[label] >= self.min_confidence else None


class Answer(NamedTuple):
    """Of one file: logits of its picture, or of a video's frames at their seconds."""

    file: str
    species: str | None
    logits: np.ndarray  # (frames, 6), one row for a picture
    seconds: np.ndarray | None  # (frames,); None for a picture


def describe_answer(answer: Answer, judge: Judge) -> dict[str, Any]:
    """All that is known, for JSON. A video's mood is that of the mean of its frames' logits."""
    overall = judge.weigh(answer.logits.mean(axis=0))
    label = judge.decide(overall)
    say = say_mood if answer.seconds is None else say_mood_of_clip
    described = {"file": answer.file, "species": answer.species, "sentence": say(label, answer.species)}
    described |= _describe_mood(label, overall)
    if answer.seconds is not None:
        described["frames"] = [
            {"seconds": round(float(at), 3), **_describe_mood(judge.decide(probabilities), probabilities)}
            for at, probabilities in zip(answer.seconds, map(judge.weigh, answer.logits), strict=True)
        ]
    return described


def _describe_mood(label: int | None, probabilities: np.ndarray) -> dict[str, Any]:
    moods = [{"label": i, **emotion._asdict()} for i, emotion in enumerate(EMOTIONS)]
    return {
        "mood": None if label is None else moods[label],
        "confidence": round(float(probabilities.max()), 6),
        "probabilities": [
            {**mood, "probability": round(float(p), 6)} for mood, p in zip(moods, probabilities, strict=True)
        ],
    }


def write_answer(answer: Answer, judge: Judge, count: int) -> Iterator[str]:
    """Lines of text: the file, the sentence, the `count` most probable moods, and a video's moods over time."""
    overall = judge.weigh(answer.logits.mean(axis=0))
    say = say_mood if answer.seconds is None else say_mood_of_clip
    yield answer.file
    yield f"  {say(judge.decide(overall), answer.species)}"
    yield "  " + ", ".join(say_probability(int(i), overall[i]) for i in np.argsort(-overall, kind="stable")[:count])
    if answer.seconds is not None:
        yield from (f"  {line}" for line in _tell_time(answer, judge))


def _tell_time(answer: Answer, judge: Judge) -> Iterator[str]:
    """A line for each stretch of frames with the same mood, its probability the mean over them."""
    weighed = np.stack([judge.weigh(logits) for logits in answer.logits])
    decided = [judge.decide(probabilities) for probabilities in weighed]
    for label, group in groupby(range(len(decided)), key=decided.__getitem__):
        frames = list(group)
        what = "잘 모르겠음" if label is None else say_probability(label, weighed[frames, label].mean())
        first, last = answer.seconds[frames[0]], answer.seconds[frames[-1]]
        yield f"{first:6.1f}–{last:.1f}초  {what} (프레임 {len(frames)}개)"
