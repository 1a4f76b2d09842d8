"""How far the inference command is, and its last lines."""

import argparse
import time
from collections.abc import Iterator
from typing import Any

from console.output.ending import name_command, print_ending
from console.output.messages import escape_controls, note_in_log
from console.progress import show_waiting


class WatchedAnswers:
    """Answers to files, counted; while the next one is waited for, that is shown."""

    def __init__(self, answers: Iterator[Any]):
        self._answers, self._start, self.count = answers, time.monotonic(), 0

    def __iter__(self) -> "WatchedAnswers":
        return self

    def __next__(self) -> Any:
        with show_waiting("judging the next file", is_short=True):
            answer = next(self._answers)
        self.count += 1
        if isinstance(answer, list):  # lines of text
            answer = [escape_controls(line) for line in answer]
            note_in_log(*answer)
        return answer

    @property
    def seconds(self) -> float:
        """Since the first file was asked for."""
        return time.monotonic() - self._start


def print_inference_end(answers: WatchedAnswers, unread: int, options: argparse.Namespace) -> None:
    """Print the last lines: files that were answered and that could not be read, and where pictures were drawn."""
    files = "1 file answered" if answers.count == 1 else f"{answers.count:,} files answered"
    figures = (files, f"{unread:,} not read", f"{answers.seconds:.1f} s")
    following = None
    if answers.count and options.weight_path.suffix == ".keras":
        finder = ["--finder", options.finder] if options.finder else []
        following = name_command("tools.serve", options.weight_path, *finder)
    print_ending([options.annotated] if options.annotated else [], figures, following)
