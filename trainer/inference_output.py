"""What the inference command prints on standard output: text, one JSON document, or a line of JSON for each file."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from trainer.answering.answers import PRIOR_NOTES, DecisionRule
from trainer.answering.media_files import MediaFile, PassedOver

_WHOLE_PICTURE_NOTE = (
    "(사진 전체를 보았어요. 모델은 동물 둘레만 잘라 배웠으니, --finder로 찾게 하거나 --box로 자리를 알려 주세요.)"
)

Answer = dict[str, Any] | list[str]  # of a file: for JSON, or lines of text


class InferenceOutcome(NamedTuple):
    """What is said beside the answers. `problems` are complete once all answers are drawn."""

    model: Path
    finder: Path | None
    rule: DecisionRule
    problems: list[tuple[MediaFile, str]]
    passed_over: list[PassedOver]


def print_text(answers: Iterator[Answer], rule: DecisionRule, is_whole: bool) -> None:
    """Print each file's answer as soon as it is known, and notes after the last one."""
    answered = False
    for lines in answers:
        answered = True
        print(*lines, sep="\n", flush=True)
    if not answered:
        return
    print(f"({PRIOR_NOTES[rule.prior]})")
    if rule.untrained_moods:
        print(f"(학습에 없어 답하지 않는 감정: {', '.join(mood.korean for mood in rule.untrained_moods)})")
    if is_whole:
        print(_WHOLE_PICTURE_NOTE)


def print_json(answers: Iterator[Answer], outcome: InferenceOutcome) -> None:
    """Print one document."""
    results, rule = list(answers), outcome.rule
    document = {
        "model": str(outcome.model),
        **({"finder": str(outcome.finder)} if outcome.finder else {}),
        "prior": rule.prior,
        "min_confidence": rule.min_confidence,
        "min_margin": rule.min_margin,
        "never_answered": [mood.english for mood in rule.untrained_moods],
        "results": results,
        "errors": _list_errors(outcome.problems),
        "passed_over": [{"file": str(folder), "why": why} for folder, why in outcome.passed_over],
    }
    json.dump(document, sys.stdout, ensure_ascii=False, indent=1)  # as one text it would take much of the memory
    print()


def print_json_lines(answers: Iterator[Answer], outcome: InferenceOutcome) -> None:
    """Print a line for each file as soon as it is known: its answer as in the document, or `file` and `error`."""
    said = 0

    def print_errors() -> None:
        nonlocal said
        for error in _list_errors(outcome.problems)[said:]:
            _print_line({"file": error["file"], "error": error["why"]})
            said += 1

    for answer in answers:
        print_errors()
        _print_line(answer)
    print_errors()


def _list_errors(problems: list[tuple[MediaFile, str]]) -> list[dict[str, str]]:
    return [{"file": str(file.path), "why": reason} for file, reason in problems]


def _print_line(value: Answer) -> None:
    print(json.dumps(value, ensure_ascii=False), flush=True)
