"""The last lines of a command."""

import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from console.output.ending import name_command, name_link, print_ending


def test_links_of_any_name(tmp_path, capsys):
    path = tmp_path / '한글 폴더#1%?"\udcb0'
    link = name_link(path)
    assert link.isascii() and " " not in link
    assert unquote(urlsplit(link).path, errors="surrogateescape") == str(path)
    print_ending([path, tmp_path], ["1 row"], None)
    assert capsys.readouterr().out.splitlines() == [f"made    {link}", f"made    {tmp_path.as_uri()}", "figures 1 row"]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (["python", "-m", "tools.verify"], "python -m trainer.train --train '자료 1'"),
        (["python", "-m", "console.petmood", "verify"], "python -m console.petmood train --train '자료 1'"),
        (["python", "/somewhere/bin/petmood", "verify"], "/somewhere/bin/petmood train --train '자료 1'"),
        (["python"], "python -m trainer.train --train '자료 1'"),
    ],
)
def test_the_next_command_is_called_as_this_one_was(call, expected, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "orig_argv", call)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    (tmp_path / "python").symlink_to("/bin/true")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert name_command("trainer.train", "--train", Path("자료 1")) == expected
    assert name_command("trainer.train", "자료/1").endswith(" 자료/1")  # Hangul needs no quotes


def test_an_interpreter_that_is_not_on_the_path_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "orig_argv", ["python"])
    monkeypatch.setattr(sys, "executable", str(tmp_path / ".venv/bin/python"))
    monkeypatch.chdir(tmp_path)
    assert name_command("tools.verify", "x") == ".venv/bin/python -m tools.verify x"
    monkeypatch.chdir("/")
    assert name_command("tools.verify", "x") == f"{tmp_path}/.venv/bin/python -m tools.verify x".removeprefix("/")
