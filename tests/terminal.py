"""What a command says, read from a pseudo-terminal and from a pipe, and what holds of every command's output."""

import io
import os
import pty
import re
import shlex
import sys
import termios
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from console.petmood import COMMANDS

DATED = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d ")
_ENDING = re.compile(r"((?:^made    file:///\S+\n)*)^figures (.+)\n(?:^next    (.+)\n)?\Z", re.MULTILINE)


@contextmanager
def on_terminal(monkeypatch, columns: int = 80) -> Iterator[Callable[[], str]]:
    """For the block, sys.stderr is a terminal; yields a function that ends that and returns what was shown."""
    master, slave = pty.openpty()
    termios.tcsetwinsize(master, (24, columns))
    stream, shown = open(slave, "w", encoding="utf-8"), io.BytesIO()  # noqa: SIM115

    def read() -> None:
        try:
            while data := os.read(master, 65536):
                shown.write(data)
        except OSError:  # the other end is closed
            pass

    reader = threading.Thread(target=read)
    reader.start()
    monkeypatch.setattr(sys, "stderr", stream)

    def end() -> str:
        monkeypatch.undo()
        stream.close()
        reader.join()
        return shown.getvalue().decode()

    try:
        yield end
    finally:
        if not stream.closed:
            end()
        os.close(master)


def check_piped(output: str, errors: str) -> tuple[list[Path], list[str], list[str]]:
    """Check that a command's output suits a file, and that it ends as every command does.

    Returns what it made, its figures, and the words of the command that comes next.
    """
    assert not re.search(r"[\r\x1b]", output + errors)
    assert [line for line in errors.splitlines() if not DATED.match(line)] == []
    ending = _ENDING.search(output)
    assert ending, output
    links = [line.removeprefix("made    ") for line in ending[1].splitlines()]
    assert all(link.isascii() for link in links)
    made = [Path(unquote(urlsplit(link).path)) for link in links]
    assert all(path.exists() for path in made)
    following = shlex.split(ending[3] or "")
    if following:
        assert following[1] == "-m" and following[2] in {command.module for command in COMMANDS.values()}
    figures = ending[2].split(", ")
    assert len(figures) >= 3 and all(re.search(r"\d", figure) for figure in figures)
    return made, figures, following[3:]
