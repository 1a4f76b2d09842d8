"""The help of a command as argparse lays it out, in the language that was chosen."""

import argparse
from copy import copy
from typing import Any

from console.calls.commands import name_calls
from console.output.language import translate_help
from console.output.messages import is_korean
from console.text_width import wrap_to_width


def put_help_in_words(text: str) -> str:
    """A text of a help as people are shown it: in the language that was chosen, with commands as they are called."""
    return name_calls(translate_help(text) if is_korean() else text)


class WordedHelp(argparse.HelpFormatter):
    """What both kinds of help share: Korean instead of argparse's own words, wrapped by the columns that it takes."""

    def add_usage(self, usage: str | None, actions: Any, groups: Any, prefix: str | None = None) -> None:
        super().add_usage(usage, actions, groups, put_help_in_words("usage:") + " " if prefix is None else prefix)

    def start_section(self, heading: str | None) -> None:
        super().start_section(heading and put_help_in_words(heading))

    def _split_lines(self, text: str, width: int) -> list[str]:
        return wrap_to_width(text, width) if is_korean() else super()._split_lines(text, width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        """Texts keep their lines; those that are put into Korean are wrapped anew, each paragraph by itself."""
        if not is_korean():
            return "".join(indent + line for line in name_calls(text).splitlines(keepends=True))
        paragraphs = [(paragraph, put_help_in_words(paragraph)) for paragraph in text.strip("\n").split("\n\n")]
        return "\n\n".join(
            told if told == paragraph else "\n".join(wrap_to_width(told, width)) for paragraph, told in paragraphs
        )


class HelpFormatter(WordedHelp):
    """The help of a command whose flags are added one by one."""

    def _expand_help(self, action: argparse.Action) -> str:
        worded = copy(action)
        worded.help = put_help_in_words(action.help or "")
        return super()._expand_help(worded)
