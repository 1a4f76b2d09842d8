"""The language in which commands speak to people: English, or Korean by --lang ko or by a Korean locale.

Messages are written in English where they arise. What is shown is put into Korean at the very end, by the tables in
console.output.korean, whose keys are the English texts with {} for each value, {n} for a number. So logs, JSON and
everything else that is stored or read by programs stays as it is, and a message without a row stays English.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from console.output.korean.answering_errors import KOREAN_ANSWERING_ERRORS
from console.output.korean.call_errors import KOREAN_ERRORS
from console.output.korean.data_errors import KOREAN_DATA_ERRORS
from console.output.korean.messages import KOREAN_MESSAGES
from console.output.korean.pictures import KOREAN_PICTURES
from console.output.korean.remote_errors import KOREAN_REMOTE_ERRORS
from console.output.korean.source_errors import KOREAN_SOURCE_ERRORS
from console.output.korean.training_errors import KOREAN_TRAINING_ERRORS
from console.output.korean.training_messages import KOREAN_TRAINING

LANGUAGES = ("en", "ko")
_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")  # the first that is set decides, as POSIX says
_NAMED = re.compile(r"([a-z_]+): (.+)")  # a command's name or a word like it, and what it says
_TAG = re.compile(r"warning |note ")  # of a line that is a message of its own behind it
_WAITED = re.compile(r"(.+): ([\d:]+) so far", re.DOTALL)  # what is waited for, and since when
_COUNTED_NOUN = re.compile(r" (?:[a-z-]+ )??[a-z-]+s(?![a-z-])")  # also behind a word: 2 usable rows
_FIELD = re.compile(r"(\{n?\})")
_PATTERNS = {"{}": "(.*?)", "{n}": r"(-?[\d.,]+(?:e[+-]?\d+)?[kMGT]?%?)"}  # a number may be 1.23M, 40% or 1.2e-07


class _Value(str):
    """A value in a message. It stays as it is, unless the Korean text asks for `{:text}`, `{:list}` or `{:parts}`."""

    def __format__(self, spec: str) -> str:
        if spec == "text":
            return translate(self)
        if spec == "list":  # a list in a line: each part by itself
            return ", ".join(map(translate, self.split(", ")))
        if spec == "parts":  # sentences in a line
            return "; ".join(map(translate, self.split("; ")))
        return super().__format__(spec)


class _Row(NamedTuple):
    english: str
    pattern: re.Pattern[str]
    letters: int  # how much of it is not values: of several rows that fit, the one with the most counts
    korean: str

    def fit(self, text: str) -> re.Match[str] | None:
        return self.pattern.fullmatch(text)

    def names(self, name: str) -> bool:
        return self.english.startswith(f"{name}: ")


def choose_language(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """The last --lang of a command line, or else what the locale says. Other values are left to the parser."""
    named = find_flag_value(arguments, "--lang")
    if named in LANGUAGES:
        return named
    locale = next(filter(None, map(environment.get, _VARIABLES)), "")
    return "ko" if re.split(r"[_.@]", locale)[0].lower() in ("ko", "korean") else "en"


def find_flag_value(arguments: Sequence[str], flag: str) -> str | None:
    """The last value of a flag, as `--flag VALUE` or `--flag=VALUE`; one without a value is left to the parser."""
    found = None
    for argument, following in pairwise([*arguments, "--"]):
        if argument.startswith(f"{flag}="):
            found = argument.removeprefix(f"{flag}=")
        elif argument == flag and not following.startswith("--"):
            found = following
    return found


def translate_help(text: str) -> str:
    """A text of a help in Korean, whatever its line breaks and its full stop; as it is where no table has it."""
    key = " ".join(text.split()).rstrip(".")
    table, with_values = _load_help()
    if key in table:
        return table[key]
    found = next(((row, match) for row in with_values if (match := row.fit(key))), None)
    return found[0].korean.format(*found[1].groups()) if found else text


@cache
def _load_help() -> tuple[dict[str, str], list[_Row]]:
    """The tables of help, and their rows with values. They are long, and only help needs them."""
    from console.output.korean.abouts import KOREAN_ABOUTS
    from console.output.korean.help import KOREAN_HELP
    from console.output.korean.settings_help import KOREAN_SETTINGS_HELP

    table = KOREAN_HELP | KOREAN_ABOUTS | KOREAN_SETTINGS_HELP
    return table, list(_compile({english: korean for english, korean in table.items() if _FIELD.search(english)}))


def translate(line: str) -> str:
    """A line in Korean; as it is where no table has it. Values stay, and so does a command's name in front."""
    if waited := _WAITED.fullmatch(line):
        return KOREAN_MESSAGES["{}: {} so far"].format(*map(_Value, waited.groups()))
    named, tag = _NAMED.fullmatch(line), _TAG.match(line)
    ways = [(f"{named[1]}: ", named[2]), ("", line)] if named else [("", line)]
    fitting = [(row, front, found) for front, text in ways for row in _compile_rows() if (found := row.fit(text))]
    if not fitting:
        return line
    # A row for this very name or tag counts before others; of equals the first, which is without the name.
    row, front, found = max(
        fitting,
        key=lambda fit: (
            bool(named) and fit[0].names(named[1]),
            bool(tag) and fit[0].english.startswith(tag[0]),
            fit[0].letters,
        ),
    )
    return front + row.korean.format(*map(_Value, found.groups()))


def list_korean_rows() -> dict[str, str]:
    """All rows but those of help: what is said by its English text."""
    errors = KOREAN_ERRORS | KOREAN_SOURCE_ERRORS | KOREAN_DATA_ERRORS
    errors |= KOREAN_TRAINING_ERRORS | KOREAN_ANSWERING_ERRORS | KOREAN_REMOTE_ERRORS
    return errors | KOREAN_MESSAGES | KOREAN_TRAINING | KOREAN_PICTURES


@cache
def _compile_rows() -> list[_Row]:
    return list(_compile(list_korean_rows()))


def _compile(table: Mapping[str, str]) -> Iterator[_Row]:
    for english, korean in table.items():
        texts = _FIELD.split(english)
        parts = [_PATTERNS.get(text) or _match_noun(text, before == "{n}") for before, text in pairwise(["", *texts])]
        pattern = re.compile("".join(parts), re.DOTALL)
        yield _Row(english, pattern, sum(len(text) for text in texts if text not in _PATTERNS), korean)


def _match_noun(text: str, is_counted: bool) -> str:
    """The pattern of a row's text; behind a number it may begin with the singular too: 1 frame, 2 frames."""
    noun = _COUNTED_NOUN.match(text) if is_counted else None
    if not noun:
        return re.escape(text)
    ending = "es" if noun[0].endswith("xes") else "s"
    return re.escape(noun[0].removesuffix(ending)) + f"(?:{ending})?" + re.escape(text[noun.end() :])
