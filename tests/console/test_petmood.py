"""One name for every command, and the version that each of them tells."""

import ast
import subprocess
import sys
import tomllib

import pytest

from console import version
from console.petmood import COMMANDS
from console.version import find_version
from tests.conftest import ROOT


def call(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "console.petmood", *arguments], cwd=ROOT, capture_output=True, text=True
    )


def list_entry_points() -> set[str]:
    """The modules of preprocess, trainer and tools that run as a command."""
    found = set()
    for path in (path for room in ("preprocess", "trainer", "tools") for path in (ROOT / room).rglob("*.py")):
        tests = [node.test for node in ast.parse(path.read_text()).body if isinstance(node, ast.If)]
        if any(ast.unparse(test) == "__name__ == '__main__'" for test in tests):
            found.add(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__main__"))
    return found


def test_every_command_has_a_name():
    assert {command.module for command in COMMANDS.values()} == list_entry_points()


@pytest.mark.parametrize("name", ["shards", "predict"])
def test_a_command_by_its_name_is_its_module(name):
    module = [sys.executable, "-m", COMMANDS[name].module]
    for arguments in (["--help"], ["--nonsense", "3"]):
        expected = subprocess.run([*module, *arguments], cwd=ROOT, capture_output=True, text=True)
        found = call(name, *arguments)
        assert (found.returncode, found.stdout, found.stderr) == (
            expected.returncode,
            expected.stdout,
            expected.stderr,
        )


def test_names_that_are_none():
    assert call().stdout == call("--help").stdout and "duplicates" in call("--help").stdout
    found = call("dedupe")
    assert found.returncode == 2 and found.stderr.startswith("petmood: dedupe: no command; there are sample, ")


def test_the_console_script_is_this():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["scripts"] == {"petmood": "console.petmood:main"}


@pytest.mark.parametrize("arguments", [["--version"], ["verify", "--version"], ["train", "--version"]])
def test_the_version(arguments):
    found = call(*arguments)
    assert found.returncode == 0 and find_version().split(" (")[0] in found.stdout


def test_the_commit_of_a_checkout(tmp_path, monkeypatch):
    monkeypatch.setattr(version, "_CHECKOUT", tmp_path)
    assert "commit" not in find_version()
    git = ["git", "-C", tmp_path, "-c", "user.name=x", "-c", "user.email=x@x"]
    subprocess.run([*git, "init", "-q"], check=True)
    assert "commit" not in find_version()  # there is none yet
    (tmp_path / "파일").write_text("1")
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-qm", "first"], check=True)
    assert find_version().endswith(")") and "(commit " in find_version() and "changes" not in find_version()
    (tmp_path / "파일").write_text("2")
    assert find_version().endswith(", with changes)")
