"""One name for every command, and the version that each of them tells."""

import ast
import re
import subprocess
import sys
import tomllib

import pytest

from console import version
from console.calls.commands import suggest_commands
from console.calls.examples import format_examples
from console.calls.unknown_settings import explain_unknown_setting
from console.command import Parser
from console.output.messages import print_error
from console.petmood import COMMANDS, choose_module
from console.version import find_version
from preprocess.settings import PreprocessSettings
from shards.errors import CallError
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
    # The guard of Ray's processes, and what make setup calls, are no commands.
    started_by_others = {"preprocess.ray_processes", "preprocess.compiled_loops"}
    assert {command.module for command in COMMANDS.values()} == list_entry_points() - started_by_others


@pytest.mark.parametrize("name", ["shards", "predict"])
def test_a_command_by_its_name_is_its_module(name):
    module = COMMANDS[name].module
    for arguments in (["--help"], ["--nonsense", "3"]):
        command = [sys.executable, "-m", module, *arguments]
        expected = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        found = call(name, *arguments)
        assert found.returncode == expected.returncode
        for ours, theirs in ((found.stdout, expected.stdout), (found.stderr, expected.stderr)):
            renamed = theirs.replace(f"python -m {module}", f"python -m console.petmood {name}")
            renamed = re.sub(rf"\b{re.escape(module)}(?=;|$)|^{module.rpartition('.')[2]}(?=: )", name, renamed)
            assert ours.split() == renamed.split()  # the usage is wrapped by the length of the name


def test_names_that_are_none():
    assert call().stdout == call("--help").stdout and "duplicates" in call("--help").stdout
    assert "completion" in call("--help").stdout
    shown = call("help", "train").stdout
    assert shown == call("train", "--help").stdout and "--backbone" in shown
    assert "python -m console.petmood shards --help" in " ".join(shown.split()) and "-m preprocess" not in shown
    assert "completion [-h]" in (shown := call("completion", "--help").stdout) and "~/.bashrc" in shown
    found = call("dedupe")
    assert (found.returncode, found.stderr) == (2, "petmood: dedupe: no command; did you mean duplicates?\n")
    with pytest.raises(CallError, match=r"xyzzy: no command; there are sample, .*, completion"):
        choose_module(["xyzzy"])


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("inference", ["predict"]),
        ("infer", ["predict"]),
        ("trainer.inference", ["predict"]),
        ("preprocess", ["shards"]),
        ("dedupe_report", ["duplicates"]),
        ("to-csv", ["csv"]),
        ("verify.py", ["verify"]),
        ("sampel", ["sample"]),
        ("training", ["train"]),
        ("report", ["overview", "duplicates"]),
        ("dataset", ["overview", "shards", "verify"]),
        ("webcam", ["serve"]),  # by what it does
        ("xyzzy", []),
    ],
)
def test_which_command_was_meant(word, meant):
    assert suggest_commands(word) == meant


def test_flags_in_front_of_the_name_are_passed_on(tmp_path):
    log = tmp_path / "기록.log"
    found = call("--quiet", "--log", str(log), "--lang=ko", "verify", str(tmp_path / "없음"))
    assert found.returncode == 2
    assert (
        found.stderr
        == f"verify: {tmp_path}/없음: 디렉터리가 아닙니다. preprocess의 --out으로 만든 디렉터리를 지정하세요\n"
    )
    assert log.read_text(encoding="utf-8")[20:].startswith("verify: ")
    assert call("--debug", "verify", str(tmp_path / "없음")).stderr.startswith("Traceback")
    found = call("--lang", "ko", "--help")
    assert found.returncode == 0 and found.stdout.startswith("사용법: ") and "데이터셋의 모든 바이트를" in found.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--quite", "train"], "unrecognized arguments: --quite; did you mean --quiet?"),
        (["--source", "x"], "unrecognized arguments: --source; --help lists the flags"),
        (["--lang"], "argument --lang: expected one argument"),
        (["--lang", "fr", "train"], "argument --lang: invalid choice: 'fr'"),
        (["--quiet"], "the following arguments are required: NAME"),
    ],
)
def test_wrong_flags_in_front_of_the_name(arguments, message):
    with pytest.raises(CallError) as raised:
        choose_module(arguments)
    assert str(raised.value).startswith(message)


def test_what_is_said_names_commands_as_they_were_called(monkeypatch, capsys):
    text = "inference: a is missing; run python -m tools.verify a, or python -m preprocess.nothing"
    monkeypatch.setattr(sys, "orig_argv", ["python", "-m", "tools.show"])
    print_error(text)
    monkeypatch.setattr(sys, "orig_argv", ["python", "/usr/bin/petmood", "show"])
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    print_error(text)
    said = capsys.readouterr().err.splitlines()
    assert said == [text, "predict: a is missing; run petmood verify a, or python -m preprocess.nothing"]
    assert "\n  petmood train --train data/pets\n" in format_examples("trainer.train")
    assert Parser("trainer.inference", "About.").prog == "petmood predict"
    with pytest.raises(CallError, match=r"^probe is a setting of train, not of shards$"):
        raise CallError(explain_unknown_setting(PreprocessSettings, "preprocess", "probe"))


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
