"""Where lines go: a terminal, a file or a pipe, and the log."""

import re
import subprocess
import sys

import pytest

from console.command import run_command
from console.output import messages
from console.output.messages import (
    list_output_flags,
    print_detail,
    print_error,
    print_message,
    print_result,
    print_warning,
)
from shards.errors import DataError
from tests.conftest import ROOT
from tests.terminal import DATED, on_terminal

ALL = ["moods   편안/안정", "note    이상해요", "a warning", "result", "detail"]


def say_all(arguments: list[str]) -> int:
    print_message(*ALL[:2])
    print_warning(ALL[2])
    print_result(ALL[3])
    print_detail(ALL[4])
    raise DataError("at last")


def say(capsys, *arguments: str) -> tuple[list[str], list[str]]:
    assert run_command("tool", say_all, list(arguments)) == 1
    shown = capsys.readouterr()
    return shown.out.splitlines(), shown.err.splitlines()


def test_a_file_gets_dated_lines(capsys):
    out, err = say(capsys)
    assert out == ALL[3:] and err[-1] == "tool: at last"
    assert all(DATED.match(line) for line in err[:-1]) and [line[20:] for line in err[:-1]] == ALL[:3]


def test_quiet_leaves_errors_warnings_and_results(capsys):
    out, err = say(capsys, "--quiet")
    assert out == [ALL[3]] and [line[20:] for line in err[:-1]] == ALL[1:3] and err[-1] == "tool: at last"
    assert len(say(capsys)[1]) == 4  # the next command in this process is not quiet


def test_the_log_has_everything_and_grows(tmp_path, capsys):
    log = tmp_path / "기록" / "달린 것.log"
    for count, given in ((1, ["--quiet", "--log", str(log)]), (2, [f"--log={log}"])):
        say(capsys, *given)
        lines = log.read_text(encoding="utf-8").splitlines()
        assert all(DATED.match(line) for line in lines)
        assert [line[20:] for line in lines] == [*ALL, "tool: at last"] * count


def test_a_bad_log_is_a_bad_call(tmp_path, capsys):
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff")
    (tmp_path / "file").write_text("")
    for path, words in (
        (tmp_path, "name a file"),
        (tmp_path / "photo.jpg", "is no log of these commands"),
        (tmp_path / "file" / "log", "name a file that can be written"),
    ):
        assert run_command("tool", say_all, ["--log", str(path)]) == 2
        shown = capsys.readouterr()
        assert shown.out == "" and words in shown.err and len(shown.err.splitlines()) == 1
    assert (tmp_path / "photo.jpg").read_bytes() == b"\xff\xd8\xff"


def test_another_command_is_told_to_say_as_much(tmp_path):
    log, found = str(tmp_path / "a.log"), []
    run_command("tool", lambda arguments: found.extend(list_output_flags()) or 0, ["--quiet", "--log", log])
    assert found == ["--quiet", "--log", log] and list_output_flags() == []


def test_a_terminal_has_colours_unless_no_color(monkeypatch):
    for environment, colours in (({}, 3), ({"NO_COLOR": ""}, 3), ({"NO_COLOR": "1"}, 0), ({"TERM": "dumb"}, 0)):
        with on_terminal(monkeypatch) as end:
            monkeypatch.delenv("NO_COLOR", raising=False)
            for name, value in ({"TERM": "xterm"} | environment).items():
                monkeypatch.setenv(name, value)
            run_command("tool", say_all, [])
            shown = end()
        assert shown.count("\x1b[0m") == colours and (colours or "\x1b" not in shown)
        assert re.sub("\x1b.*?m", "", shown).splitlines() == [*ALL[:3], "tool: at last"]


def test_names_cannot_send_codes(capsys):
    print_message("a\x1b[2Jb\rc\x07\x9b\td\ne")
    print_error("tool: \x1b]0;")
    lines = capsys.readouterr().err.splitlines()
    assert [lines[0][20:], lines[1][20:], lines[2]] == [r"a\x1b[2Jb\x0dc\x07\x9b" + "\td", "e", r"tool: \x1b]0;"]


def test_lines_are_not_captured_with_those_of_libraries():
    """A thread says how far it is while another one looks at what a decoder writes to descriptor 2."""
    code = """
import sys
from console.command import run_command
from console.output.messages import print_message
from console.stderr_capture import capture_stderr
def main(arguments):
    with capture_stderr() as notes:
        print_message("편안")
    return len(notes)
sys.exit(run_command("tool", main, []))"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0 and done.stderr[20:] == "편안\n"


def test_nothing_stays_open(tmp_path):
    run_command("tool", lambda arguments: 0, ["--log", str(tmp_path / "a.log")])
    assert messages._output.log is None and messages._output.bars == []


@pytest.mark.parametrize("given", [["--log"], ["--log", "--quiet"]])
def test_a_log_without_a_name_makes_no_file(given, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run_command("tool", lambda arguments: 0, given)
    assert list(tmp_path.iterdir()) == []
