import errno
import signal
import subprocess
import sys
import time
from functools import partial

import pytest

from console.command import Parser, run_command
from shards.errors import CallError, DataError


@pytest.fixture(autouse=True)
def listening():
    """A command that was stopped leaves SIGINT to what ends the process, which is not wanted of these tests' own."""
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


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
        (ModuleNotFoundError(name="tensorflow"), 2, "tool: tensorflow is not installed: make setup, or pip install"),
        (KeyboardInterrupt(), 130, "tool: stopped; the same command starts over"),
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


@pytest.mark.parametrize(
    ("error", "goes_on", "starts_over"),
    [
        (KeyboardInterrupt(), "run the same command again to go on", "stopped; the same command starts over"),
        (OSError(errno.ENOSPC, "Full"), "again, finished work is kept", "and run the same command again"),
        (OSError(errno.EIO, "Error"), "again, it goes on from there", "passed, run the same command again"),
    ],
)
def test_only_commands_that_keep_their_work_say_that_they_go_on(error, goes_on, starts_over, capsys):
    def fail(arguments):
        raise error

    for name, end in {
        **dict.fromkeys(("preprocess", "train", "train_finder"), goes_on),
        **dict.fromkeys(("advise", "inventory", "make_sample", "inference"), starts_over),
    }.items():
        run_command(name, fail, [])
        assert capsys.readouterr().err.endswith(f"{end}\n"), name


_SLOW_END = """
import atexit, sys, time
from console.command import run_command

def rest(what):
    print(what, flush=True)
    time.sleep(60)

def main(arguments):
    atexit.register(rest, "ending")  # as Ray does, which is imported this late
    try:
        rest("working")
    finally:
        if "cleaning" in arguments:
            rest("cleaning")

sys.exit(run_command("tool", main, sys.argv[1:]))
"""


@pytest.mark.parametrize("slow", ["cleaning", "ending"])
def test_later_stops_add_nothing_but_the_end(slow):
    """Not while the command cleans up, which a later one ends after a moment; and not while Python ends."""
    command = [sys.executable, "-c", _SLOW_END, slow]
    listen = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # in the background it is ignored
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes, preexec_fn=listen) as process:
        for point in ("working", slow):
            assert process.stdout.readline() == f"{point}\n"
            process.send_signal(signal.SIGINT)
        if slow == "cleaning":
            time.sleep(0.4)
            assert process.poll() is None  # most clean up in less time than it takes to press again
            time.sleep(2)
            process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=10)
    assert process.returncode == 130
    assert errors.splitlines() == ["tool: stopped; the same command starts over"]


def test_a_parser_that_raises_instead_of_printing_a_page():
    parser = Parser("tools.nothing", "about")
    parser.add_argument("--number", type=int)
    assert parser.parse_args(["--number", "3"]).number == 3
    for bad in (["--number", "x"], ["--numb", "3"], ["--unknown"]):
        with pytest.raises(CallError):
            parser.parse_args(bad)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--wieght_path a", "unrecognized arguments: --wieght_path; did you mean --weight_path?"),
        (
            "--imgae=a --wieght_path b",
            "unrecognized arguments: --imgae --wieght_path; did you mean --image --weight_path?",
        ),
        ("--nonsense", "unrecognized arguments: --nonsense; --help lists the flags"),
        ("--image a", "the following arguments are required: --weight_path"),
        ("--image a -- --wieght_path", "the following arguments are required: --weight_path"),  # not a flag there
        ("cat.jpg", "the following arguments are required: --weight_path, --image; did you mean --image cat.jpg?"),
        ("--weight_path=a cat.jpg", "the following arguments are required: --image; did you mean --image cat.jpg?"),
        ("--image=cat.jpg a", "the following arguments are required: --weight_path; did you mean --weight_path a?"),
    ],
)
def test_a_misspelt_flag_is_named_before_what_is_missing(arguments, message):
    parser = Parser("tools.nothing", "about")
    parser.add_argument("--weight_path", required=True)
    parser.add_argument("--image", required=True, nargs="+")
    with pytest.raises(CallError) as raised:
        parser.parse_args(arguments.split())
    assert str(raised.value) == message
