"""The version of this program: that of the package, and of a checkout the commit and whether it was changed since."""

import argparse
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

_PACKAGE = "pet-mood"
_CHECKOUT = Path(__file__).parent.parent


class Commit(NamedTuple):
    """The commit of a checkout, as 12 digits, and whether its files were changed since."""

    hash: str
    changed: bool


def find_version() -> str:
    """Such as "0.1.0", or of a checkout "0.1.0 (commit 4c7f894a1b2c, with changes)"."""
    commit = find_commit()
    release = find_release()
    return f"{release} (commit {commit.hash}{', with changes' if commit.changed else ''})" if commit else release


def find_release() -> str:
    """The version of the installed package, such as "0.1.0"."""
    try:
        return metadata.version(_PACKAGE)
    except metadata.PackageNotFoundError:  # the folder was copied and not installed
        return "of no release"


def find_commit() -> Commit | None:
    """The commit of the checkout that this code lies in; None where it is none, or git does not tell."""
    if not (_CHECKOUT / ".git").exists():  # also below another project's checkout, such as in its virtual environment
        return None
    try:
        return Commit(_ask_git("rev-parse", "--short=12", "HEAD").strip(), bool(_ask_git("status", "--porcelain")))
    except (OSError, subprocess.CalledProcessError):  # git is not there, or refuses a folder of another user
        return None


def _ask_git(*arguments: str) -> str:
    return subprocess.run(
        ["git", "-C", _CHECKOUT, "--no-optional-locks", *arguments], check=True, capture_output=True, text=True
    ).stdout


class VersionAction(argparse.Action):
    """The option --version: print the version and end. The version is looked for only then: git takes a moment."""

    def __init__(self, option_strings: list[str], dest: str, **options: Any):
        super().__init__(option_strings, argparse.SUPPRESS, nargs=0, default=argparse.SUPPRESS, help=options["help"])

    def __call__(self, parser: argparse.ArgumentParser, *found: Any) -> None:
        print(f"{_PACKAGE} {find_version()}")
        parser.exit()


VERSION_HELP = "print the version and end"
