import errno
import os
import subprocess
import sys
import textwrap

import pytest

from console.command import Parser, run_command
from shards.errors import CallError, DataError
from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (CallError("give\nanother"), 2, "tool: give another"),
        (DataError("3 bad rows"), 1, "tool: 3 bad rows"),
        (OSError(errno.ENOSPC, "No space left", "폴더/파일"), 2, "tool: 폴더/파일: the disk is full;"),
        (PermissionError(errno.EACCES, "Permission denied", "x"), 2, "tool: x: Permission denied; choose a place"),
        (FileNotFoundError(errno.ENOENT, "No such file", "x"), 1, "tool: x: No such file"),
        (ZeroDivisionError("by nought"), 1, "tool: ZeroDivisionError: by nought; this is a fault of the program"),
        (ZeroDivisionError(), 1, "tool: ZeroDivisionError; this is a fault of the program"),
        (DataError(), 1, "tool: DataError"),
        (OSError(errno.EIO, "Input/output error", "x"), 1, "tool: x: Input/output error; once that has passed, run"),
        (KeyboardInterrupt(), 130, "tool: stopped; run the same command again"),
    ],
)
def test_one_line_and_a_status(error, status, line, capsys):
    def fail(arguments):
        raise error

    assert run_command("tool", fail, []) == status
    shown = capsys.readouterr().err
    assert shown.startswith(line) and len(shown.splitlines()) == 1
    assert run_command("tool", fail, ["--debug"]) == status
    assert "Traceback" in capsys.readouterr().err


def test_a_parser_that_raises_instead_of_printing_a_page():
    parser = Parser("tools.nothing", "about")
    parser.add_argument("--number", type=int)
    assert parser.parse_args(["--number", "3"]).number == 3
    for bad in (["--number", "x"], ["--numb", "3"], ["--unknown"]):
        with pytest.raises(CallError):
            parser.parse_args(bad)


def run_python(code: str, redirection: str, **environment: str) -> subprocess.CompletedProcess:
    command = f'exec "$0" -W error -c "$1" {redirection}'
    arguments = ["bash", "-c", command, sys.executable, textwrap.dedent(code)]
    return subprocess.run(arguments, capture_output=True, env=os.environ | environment, cwd=ROOT, check=False)


KOREAN = r"""
import sys, warnings
from console.command import run_command
def main(arguments):
    warnings.warn("a library's")
    print("화남/불쾌 \udcb0")
    return 0
sys.exit(run_command("tool", main, []))
"""


@pytest.mark.parametrize(
    ("encoding", "expected"), [("utf-8", "화남/불쾌 \\udcb0"), ("ascii", r"\ud654\ub0a8/\ubd88\ucf8c \udcb0")]
)
def test_any_standard_output_is_written_to(encoding, expected):
    done = run_python(KOREAN, "", PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stdout.decode().strip(), done.stderr) == (0, expected, b"")


def test_closed_streams_lead_nowhere(tmp_path):
    code = f"""
    import os, sys
    from console.command import run_command
    def main(arguments):
        with open({str(tmp_path / "file")!r}, "w") as file:
            os.system("echo somebody prints")
            file.write("own")
        print("told to nobody")
        return 0
    sys.exit(run_command("tool", main, []))
    """
    assert run_python(code, "<&- >&- 2>&-").returncode == 0
    assert (tmp_path / "file").read_text() == "own"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_output_that_cannot_be_written_is_said():
    done = run_python(KOREAN, "> /dev/full")
    assert done.returncode == 2 and b"tool: the disk is full" in done.stderr
