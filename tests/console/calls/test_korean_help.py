"""The help of every command in Korean: every text has its row, no row is left over, and lines fit the terminal."""

import argparse
import re
from collections.abc import Iterator

import pytest

from console.calls.completion import find_parser
from console.calls.examples import EXAMPLES
from console.calls.settings_help import describe_help
from console.command import run_command
from console.output.korean.abouts import KOREAN_ABOUTS
from console.output.korean.help import KOREAN_HELP
from console.output.korean.settings_help import KOREAN_SETTINGS_HELP
from console.output.language import translate_help
from console.petmood import COMMANDS, COMPLETION, make_call_parser
from console.text_width import measure_width
from tests.test_korean_words import WORDS, list_misfits, list_object_misfits

ROWS = KOREAN_HELP | KOREAN_ABOUTS | KOREAN_SETTINGS_HELP
NOT_PARSERS = {"usage:", "commands:", "examples:", "default", "required", "show this help message and exit"}


@pytest.fixture(scope="module")
def parsers() -> dict[str, argparse.ArgumentParser]:
    return {name: find_parser(command.module) for name, command in COMMANDS.items()}


def list_texts(parser: argparse.ArgumentParser) -> Iterator[str]:
    """What the help of a command says, in the pieces in which it is put into Korean."""
    yield from (parser.description or "").strip().split("\n\n")
    for group in parser._action_groups:
        yield from filter(None, [group.title, group.description] if group._group_actions else [])
    for action in parser._actions:
        if action.help != argparse.SUPPRESS:
            yield from filter(None, describe_help(action))


def test_every_text_has_its_row_and_every_row_its_text(parsers):
    texts = [text for parser in parsers.values() for text in list_texts(parser)]
    texts += [text for text in list_texts(make_call_parser()) if not text.startswith("commands:")]
    texts += [example.purpose for examples in EXAMPLES.values() for example in examples]
    texts += [COMPLETION, make_call_parser().epilog, *(command.about for command in COMMANDS.values()), *NOT_PARSERS]
    missing = {text for text in texts if translate_help(text) == text}
    assert not missing, "write rows in console/output/korean/help.py, settings_help.py or abouts.py"
    said = {" ".join(text.split()).rstrip(".") for text in texts}
    for english in ROWS:
        pattern = re.compile(re.sub(r"\\{n?\\}", ".+", re.escape(english)))
        assert english in said or any(map(pattern.fullmatch, said)), f"no help says this: {english}"


def test_rows_use_the_words_of_the_pages():
    text = "\n".join(ROWS.values())
    assert not {wrong for wrong in WORDS if re.search(wrong, text)}
    assert not list_misfits(text) and not list_object_misfits(text)
    for english, korean in ROWS.items():
        assert re.search("[가-힣]", korean), english
        flags = [sorted(re.findall(r"--[a-z_]+(?:\.[a-z_]+)?", text)) for text in (english, korean)]
        assert flags[0] == flags[1], english


@pytest.mark.parametrize("name", ["train", "predict", "serve"])
def test_korean_help(parsers, name, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")

    def show(arguments: list[str]) -> int:
        find_parser(COMMANDS[name].module).print_help()
        return 0

    assert run_command(name, show, ["--lang", "ko"]) == 0
    korean = capsys.readouterr().out
    assert korean.startswith("사용법: python -m trainer." if name != "serve" else "사용법: python -m tools.serve ")
    assert "\n옵션:\n" in korean and "\n예시:\n  # " in korean and "기본값" in korean
    prose = [line for line in korean.split("\n\n", 1)[1].splitlines() if re.search("[가-힣]", line)]
    assert max(map(measure_width, prose)) <= 80
    assert not re.search(r"\b(?:the|of|default|required|options)\b", re.sub(r"\n  python -m .*", "", korean))
    assert run_command(name, show, []) == 0
    english = capsys.readouterr().out
    assert not re.search("[가-힣]", english)
    flags = re.compile(r"^  (?:-h, )?(--[\w.]+)", re.MULTILINE)
    assert flags.findall(korean) == flags.findall(english)
