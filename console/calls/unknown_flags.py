"""Flags that a command does not know, said with the one that was meant before anything else is asked for."""

from collections.abc import Sequence
from difflib import get_close_matches

from shards.errors import CallError


def refuse_unknown_flags(arguments: Sequence[str], flags: Sequence[str]) -> None:
    """Raise CallError for the long flags of a command line that are none of `flags`, with those that were meant.

    What stands behind a `--` is no flag, and neither is a text with spaces: argparse takes both as values.
    """
    before = arguments[: arguments.index("--")] if "--" in arguments else arguments
    given = [argument.partition("=")[0] for argument in before if argument.startswith("--") and " " not in argument]
    if unknown := [flag for flag in dict.fromkeys(given) if flag not in flags]:
        meant = [near[0] for flag in unknown if (near := get_close_matches(flag, flags, 1, 0.7))]
        ask = f"; did you mean {' '.join(meant)}?" if meant else "; --help lists the flags"
        raise CallError(f"unrecognized arguments: {' '.join(unknown)}{ask}")
