"""The last lines of a command: what it made, the figures that matter, and the command to run next."""

import re
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from console.calls.commands import name_call
from console.output.messages import print_result
from shards.storage.stores.remote_path import AnyPlace, RemotePath

_PLAIN_WORD = re.compile(r"[\w@%+=:,./-]+")


def print_ending(made: Sequence[AnyPlace], figures: Sequence[str], following: str | None) -> None:
    """Print the last lines of a command on standard output, with --quiet too.

    Args:
        made: files and folders, printed as links that a terminal or a browser opens.
        figures: the most important ones, each with its name, such as "607 frames kept".
        following: the command that one runs next, see name_command; None where there is none.
    """
    print_result(
        *(f"made    {name_link(path)}" for path in made),
        *([f"figures {', '.join(figures)}"] if figures else []),
        *([f"next    {following}"] if following else []),
    )


def name_link(path: AnyPlace) -> str:
    """A path as a file:// link, percent-encoded as UTF-8, or byte by byte where a name is not that; a store's URL."""
    return str(path) if isinstance(path, RemotePath) else path.absolute().as_uri()


def name_command(module: str, *arguments: str | AnyPlace) -> str:
    """The command line that runs a module of ours, by the name that this command was called by.

    `petmood NAME ..` where petmood was called, else `python -m MODULE ..`, with the interpreter's path where `python`
    is another one.
    """
    words = [_name_interpreter() if word == "python" else word for word in name_call(module)]
    given = [word.url if isinstance(word, RemotePath) else str(word) for word in arguments]
    return " ".join(map(_quote, (*words, *given)))


def _quote(word: str) -> str:
    """A word as a shell takes it; Hangul needs no quotes."""
    return word if _PLAIN_WORD.fullmatch(word) else shlex.quote(word)


def _name_interpreter() -> str:
    found, own = shutil.which("python"), Path(sys.executable).absolute()
    if found and Path(found).absolute() == own:
        return "python"
    return str(own.relative_to(Path.cwd()) if own.is_relative_to(Path.cwd()) else own)
