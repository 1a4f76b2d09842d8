"""The flags that decide what is told of a picture: one table of their defaults, help and bounds for all commands."""

import argparse
from typing import NamedTuple

from shards.errors import CallError


class AnswerFlag(NamedTuple):
    """A number from 0."""

    default: float
    most: float
    metavar: str
    help: str
    what: str  # it is, for the error


ANSWER_FLAGS = {
    "min_pet": AnswerFlag(
        0.05,
        1,
        "SHARE",
        "pets are told of whose longer side is at least this share, 0 to 1, of the picture's shorter side",
        "a share of the picture's shorter side",
    ),
    "min_confidence": AnswerFlag(0.4, 1, "P", "0 to 1; below it: not known", "a probability"),
    "min_margin": AnswerFlag(
        0.05,
        1,
        "P",
        "0 to 1; not known, too, where the second mood is less than this behind the first",
        "a difference of two probabilities",
    ),
    "smooth": AnswerFlag(
        1.0,
        3600,
        "SECONDS",
        "of a clip, over which the mood of each moment is averaged; 0 for none",
        "a number of seconds",
    ),
}


def add_answer_flag(parser: argparse.ArgumentParser, name: str, is_noted: bool = False) -> None:
    """Add one of them to a parser. `is_noted`: None says that it was not given."""
    flag = ANSWER_FLAGS[name]
    parser.add_argument(
        f"--{name}",
        type=float,
        default=None if is_noted else flag.default,
        metavar=flag.metavar,
        help=f"{flag.help} (default {flag.default:g})",
    )


def check_answer_flags(options: argparse.Namespace) -> None:
    """Raise CallError for the first of them that is out of range."""
    for name, flag in ANSWER_FLAGS.items():
        value = getattr(options, name, None)
        if value is not None and not 0 <= value <= flag.most:
            raise CallError(f"--{name} {value}: is {flag.what}, 0 to {flag.most}")
