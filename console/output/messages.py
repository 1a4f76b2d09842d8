"""What a command says: lines on standard error and results on standard output, for a terminal, a file or --log.

A terminal is shown lines as they are, warnings and errors in colour unless NO_COLOR is set. A file or a pipe gets each
line of standard error with its date in front. Neither gets control characters, such as those in a file's name.
"""

import os
import re
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from console.calls.commands import name_calls
from console.output.language import LANGUAGES, choose_language, find_flag_value, translate
from shards.errors import CallError

DATE_FORMAT = "%Y-%m-%d %H:%M:%S"  # of this machine's time zone
OUTPUT_FLAGS = {
    "quiet": {"action": "store_true", "help": "say only errors, warnings and the last lines"},
    "log": {"metavar": "FILE", "help": "append what is said there too, each line with its date"},
    "lang": {
        "choices": LANGUAGES,
        "help": "say it in English or in Korean; by default as the locale says. What pets feel is told in Korean alone",
    },
}
_DATED_LINE = re.compile(rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d ")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")
_WARNINGS = ("warning ", "note ")
_YELLOW, _RED = "33", "31"


@dataclass
class _Output:
    """Where this process says what."""

    quiet: bool = False
    language: str = "en"
    log: TextIO | None = None
    stderr: TextIO | None = None  # None: sys.stderr, whatever it is at the time
    bars: list[Any] = field(default_factory=list)  # tqdm's, that are on the terminal now
    lock: Any = field(default_factory=threading.RLock)


_output = _Output()


@contextmanager
def open_output(arguments: Sequence[str]) -> Iterator[None]:
    """For the block, say what the command line asks for by --quiet, --log and --lang.

    Raises CallError for a bad --log.
    """
    before = _output.quiet, _output.language, _output.log, _output.stderr
    _output.quiet, _output.log, _output.stderr = "--quiet" in arguments, None, _open_own_stderr()
    _output.language = choose_language(arguments, os.environ)
    own = _output.stderr
    try:
        if (path := find_flag_value(arguments, "--log")) is not None:
            open_log(path)
        yield
    finally:
        if _output.log:
            _output.log.close()
        _output.quiet, _output.language, _output.log, _output.stderr = before
        if own:
            own.close()


def be_quiet() -> None:
    """Say only errors, warnings and the last lines from now on, as a settings file asks."""
    _output.quiet = True


def speak(language: str) -> None:
    """Say it in this language from now on, as a settings file asks."""
    _output.language = language


def is_korean() -> bool:
    """Whether people are to be shown Korean."""
    return _output.language == "ko"


def put_in_words(text: str) -> str:
    """A text as people are shown it, in the language that was chosen. For a log or a file it stays as it is."""
    return translate(text) if is_korean() else text


def open_log(path: str) -> None:
    """Append what is said to a file from now on. Raises CallError where it cannot be a log."""
    file = Path(path)
    if not path or file.is_dir():
        raise CallError(f"--log {path}: name a file")
    if file.is_file() and _read_start(file) and not _DATED_LINE.match(_read_start(file)):
        raise CallError(f"--log {path}: that file is no log of these commands; name another")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        log = open(file, "a", encoding="utf-8", errors="backslashreplace", buffering=1)  # noqa: SIM115
    except OSError as error:
        raise CallError(f"--log {path}: {error.strerror}; name a file that can be written") from error
    if _output.log:
        _output.log.close()
    _output.log = log


def list_output_flags() -> list[str]:
    """The flags by which another command says as much as this one, to the same log, in the same language."""
    log = ["--log", _output.log.name] if _output.log else []
    language = [] if choose_language([], os.environ) == _output.language else ["--lang", _output.language]
    return [*(["--quiet"] if _output.quiet else []), *map(str, log), *language]


def is_quiet() -> bool:
    return _output.quiet


def get_stderr() -> TextIO:
    """Standard error; while run_command runs, through a descriptor of its own, since 2 is captured now and then."""
    return _output.stderr or sys.stderr


def is_terminal() -> bool:
    """Whether standard error is a terminal."""
    stream = get_stderr()
    return stream is not None and stream.isatty()


def print_message(*lines: str) -> None:
    """Say on standard error what happens; --quiet leaves out lines that do not begin with the word warning or note."""
    for line in lines:
        print_warning(line) if line.startswith(_WARNINGS) else _say([line], not _output.quiet)


def print_warning(*lines: str, dated: bool = True) -> None:
    """Say on standard error what should be known, with --quiet too.

    Lines that stand among errors are not `dated` there, as errors are not.
    """
    _write_to_stderr(lines, _YELLOW, dated and not is_terminal())
    note_in_log(*lines)


def print_error(line: str) -> None:
    """Say on standard error what was wrong. The line has no date there: programs look for the command's name first."""
    _write_to_stderr([line], _RED, dated=False)
    note_in_log(line)


def print_result(*lines: str) -> None:
    """Print lines of a result on standard output."""
    with _without_bars():
        for line in map(put_in_words, _split(lines)):
            print(line, flush=True)
    note_in_log(*lines)


def print_detail(*lines: str) -> None:
    """Print lines of a result that --quiet leaves out."""
    if _output.quiet:
        note_in_log(*lines)
    else:
        print_result(*lines)


def note_in_log(*lines: str) -> None:
    """Write lines to the log alone."""
    with _output.lock:
        for line in _split(lines) if _output.log else ():
            if line:
                _output.log.write(f"{time.strftime(DATE_FORMAT)} {line}\n")


@contextmanager
def hold_bar(bar: Any) -> Iterator[None]:
    """Keep a bar of tqdm on the terminal for the block, in an outer one's place; lines are printed above it."""
    with _output.lock:
        for outer in _output.bars[-1:]:
            outer.clear()
        _output.bars.append(bar)
    try:
        yield
    finally:
        with _output.lock:
            _output.bars.remove(bar)


def refresh_bar(bar: Any) -> None:
    """Show the present time on a bar, unless another one has its place."""
    with _output.lock:
        if _output.bars[-1:] == [bar]:
            bar.refresh()


def get_output_lock() -> Any:
    return _output.lock


def _say(lines: Sequence[str], shown: bool) -> None:
    if shown:
        _write_to_stderr(lines, None, dated=not is_terminal())
    note_in_log(*lines)


def _write_to_stderr(lines: Sequence[str], colour: str | None, dated: bool) -> None:
    paints = colour and is_terminal() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    with _without_bars():
        for line in map(name_calls, map(put_in_words, _split(lines))):
            text = f"\x1b[{colour}m{line}\x1b[0m" if paints else line
            print(f"{time.strftime(DATE_FORMAT)} {text}" if dated else text, file=get_stderr(), flush=True)


@contextmanager
def _without_bars() -> Iterator[None]:
    with _output.lock:
        for bar in _output.bars[-1:]:
            bar.clear()
        yield
        for bar in _output.bars[-1:]:
            bar.refresh()


def escape_controls(line: str) -> str:
    """A line with control characters, such as a file's name may have, written as \\x.."""
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", line)


def _split(lines: Sequence[str]) -> Iterator[str]:
    return (escape_controls(line) for text in lines for line in text.split("\n"))


def _read_start(file: Path) -> bytes:
    with open(file, "rb") as opened:
        return opened.read(20)


def _open_own_stderr() -> TextIO | None:
    """Standard error through a descriptor of its own; None where it is something else, such as a test's."""
    try:
        if sys.stderr.fileno() != 2:
            return None
        encoding = sys.stderr.encoding
        return open(os.dup(2), "w", encoding=encoding, errors="backslashreplace", buffering=1)
    except (AttributeError, OSError, ValueError):
        return None
