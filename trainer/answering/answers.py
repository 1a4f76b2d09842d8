"""From logits to an answer: probabilities and the mood, or that it is not known, as text and as JSON."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any, Literal, NamedTuple

import numpy as np

from shards.emotions import EMOTIONS, Emotion
from trainer.answer_flags import ANSWER_FLAGS
from trainer.answering.korean_sentences import (
    NOT_FOUND,
    UNKNOWN_MOOD,
    format_mood_sentence,
    format_probability,
    format_video_sentence,
)
from trainer.evaluation.calibration import compute_log_probabilities, make_equal_prior
from trainer.model.mood_json import Metadata

Prior = Literal["equal", "natural"]
_LEAST_GAP = 3  # frames: an animal that is missed for a moment has not gone
PRIOR_NOTES = {
    "equal": "확률: 감정이 모두 똑같이 흔하다고 볼 때",
    "natural": "확률: 학습 영상에서 흔한 정도를 반영할 때",
}


@dataclass(frozen=True)
class DecisionRule:
    """How logits become a mood.

    Args:
        metadata: the model's, with the temperature and the prior of the training videos.
        prior: how common the moods are taken to be: equally, or as among the training videos.
        min_confidence: the least probability with which a mood is answered.
        min_margin: by at least so much the mood is more probable than every other one, else it is not known.
        smooth: seconds of a video around each frame, half before it and half after, over which its logits are averaged:
            a mood that lasts for a single frame is rather the model's mistake than the animal's. 0 for none.
    """

    metadata: Metadata
    prior: Prior = "equal"
    min_confidence: float = ANSWER_FLAGS["min_confidence"].default
    min_margin: float = ANSWER_FLAGS["min_margin"].default
    smooth: float = ANSWER_FLAGS["smooth"].default

    def compute_probabilities(self, logits: np.ndarray) -> np.ndarray:
        """Probabilities (6,) float64 from balanced logits (6,); a mood without a training frame has 0."""
        prior = np.array(self.metadata.prior)
        prior = prior if self.prior == "natural" else make_equal_prior(prior)
        return np.exp(compute_log_probabilities(logits[None], self.metadata.temperature, prior))[0]

    @property
    def untrained_moods(self) -> list[Emotion]:
        """The moods that no training frame shows, which therefore are never answered."""
        return [emotion for emotion, share in zip(EMOTIONS, self.metadata.prior, strict=True) if share == 0]

    def decide(self, probabilities: np.ndarray) -> int | None:
        """The label of the most probable mood, None below min_confidence and where another is nearly as probable."""
        is_sure = find_sure(probabilities, self.min_confidence, self.min_margin)
        return int(probabilities.argmax()) if is_sure else None

    def compute_moods_over_time(self, animal: "AnimalLogits") -> np.ndarray:
        """Probabilities (frames, 6) of a video's frames, each from the mean of the logits around it, see `smooth`."""
        smoothed = smooth_logits(animal.logits, animal.seconds, self.smooth)
        return np.stack([self.compute_probabilities(logits) for logits in smoothed])


def find_sure(probabilities: np.ndarray, min_confidence: float, min_margin: float) -> np.ndarray:
    """Whether the most probable of moods (.., 6) is answered (..): at least so probable, so far before the second."""
    ordered = np.sort(probabilities, axis=-1)
    return (ordered[..., -1] >= min_confidence) & (ordered[..., -1] - ordered[..., -2] >= min_margin)


class AnimalLogits(NamedTuple):
    """The logits of one animal: in a photo, or in a video's sampled frames."""

    species: str | None
    logits: np.ndarray  # (frames, 6); one row for a photo
    seconds: np.ndarray | None  # (frames,); None for a photo


def smooth_logits(logits: np.ndarray, seconds: np.ndarray, window: float) -> np.ndarray:
    """Means of logits (frames, 6) over the frames that are at most window / 2 seconds away, by seconds (frames,).

    `seconds` rise. Where frames are missing, the means are of fewer frames, never of some that are further away.
    """
    reach = window / 2 + 1e-6  # times are rounded
    first = np.searchsorted(seconds, seconds - reach, "left")
    behind = np.searchsorted(seconds, seconds + reach, "right")
    return np.stack([logits[start:end].mean(axis=0) for start, end in zip(first, behind, strict=True)])


class FileLogits(NamedTuple):
    """The logits of the animal on a photo or in a video."""

    file: str
    animal: AnimalLogits


def build_json_answer(file: FileLogits, rule: DecisionRule) -> dict[str, Any]:
    """The answer for one file, ready for JSON."""
    return {"file": file.file, **build_json_animal(file.animal, rule)}


def build_json_animal(animal: AnimalLogits, rule: DecisionRule) -> dict[str, Any]:
    """The answer for one animal, ready for JSON. In a video its mood is that of the mean of the frames' logits.

    The moods of a video's frames are smoothed over `smoothed_seconds`.
    """
    probabilities = rule.compute_probabilities(animal.logits.mean(axis=0))
    label = rule.decide(probabilities)
    answer = {"species": animal.species, "sentence": _format_sentence(animal, label)}
    answer |= _build_json_mood(label, probabilities)
    if animal.seconds is not None:
        answer["smoothed_seconds"] = rule.smooth
        answer["frames"] = [
            {"seconds": round(float(seconds), 3), **_build_json_mood(rule.decide(of_frame), of_frame)}
            for seconds, of_frame in zip(animal.seconds, rule.compute_moods_over_time(animal), strict=True)
        ]
    return answer


def _build_json_mood(label: int | None, probabilities: np.ndarray) -> dict[str, Any]:
    moods = [{"label": i, **emotion._asdict()} for i, emotion in enumerate(EMOTIONS)]
    return {
        "mood": None if label is None else moods[label],
        "confidence": round(float(probabilities.max()), 6),
        "probabilities": [
            {**mood, "probability": round(float(p), 6)} for mood, p in zip(moods, probabilities, strict=True)
        ],
    }


def format_answer(file: FileLogits, rule: DecisionRule, count: int) -> Iterator[str]:
    """Yield the lines of a file's answer: its name, and those of format_animal."""
    yield file.file
    yield from (f"  {line}" for line in format_animal(file.animal, rule, count))


def format_animal(
    animal: AnimalLogits, rule: DecisionRule, count: int, judged: np.ndarray | None = None
) -> Iterator[str]:
    """Yield the lines of an animal's answer: the sentence, the `count` most probable moods, moods over time.

    `judged` are the seconds of all frames of a video that were looked at: where the animal was not found in three or
    more of them, one after the other, that is told among its moods.
    """
    probabilities = rule.compute_probabilities(animal.logits.mean(axis=0))
    most_probable = np.argsort(-probabilities, kind="stable")[:count]
    yield _format_sentence(animal, rule.decide(probabilities))
    yield ", ".join(format_probability(int(i), probabilities[i]) for i in most_probable)
    if animal.seconds is not None:
        yield from _format_moods_over_time(animal, rule, animal.seconds if judged is None else judged)


def _format_sentence(animal: AnimalLogits, label: int | None) -> str:
    return (format_mood_sentence if animal.seconds is None else format_video_sentence)(label, animal.species)


def _format_moods_over_time(animal: AnimalLogits, rule: DecisionRule, judged: np.ndarray) -> Iterator[str]:
    """Yield a line for each stretch of frames with one mood, with the mean of its probabilities, and for each gap."""
    probabilities = rule.compute_moods_over_time(animal)
    labels = [rule.decide(of_frame) for of_frame in probabilities]
    missed = [judged[(judged > last) & (judged < following)] for last, following in pairwise(animal.seconds)]
    parts = np.cumsum([0, *(len(gap) >= _LEAST_GAP for gap in missed)])
    for (_, label), group in groupby(range(len(labels)), key=lambda place: (parts[place], labels[place])):
        frames = list(group)
        first, last = frames[0], frames[-1]
        if first and parts[first] > parts[first - 1]:
            yield _format_stretch(missed[first - 1], NOT_FOUND)
        mood = UNKNOWN_MOOD if label is None else format_probability(label, probabilities[frames, label].mean())
        yield _format_stretch(animal.seconds[first : last + 1], mood)


def _format_stretch(seconds: np.ndarray, what: str) -> str:
    return f"{seconds[0]:6.1f}–{seconds[-1]:.1f}초  {what} (프레임 {len(seconds)}개)"
