"""What a shell completes behind `petmood`, asked of a real shell."""

import subprocess

import pytest

from console.calls.completion import SHELLS, format_completion
from console.petmood import COMMANDS, choose_module
from shards.errors import CallError

pytest.importorskip("shtab", reason="shtab is not installed: make setup")

# What bash's own completion does for the words of a line: calls the function that the script has registered.
ASK = """
set -u
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
function_name=$(complete -p petmood | sed -E 's/.*-F ([^ ]+) .*/\\1/')
"$function_name" petmood "${COMP_WORDS[$COMP_CWORD]}" "${COMP_WORDS[$COMP_CWORD-1]}" 2>/dev/null
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory):
    path = tmp_path_factory.mktemp("completion") / "petmood.bash"
    path.write_text(format_completion("bash", COMMANDS))
    return path


@pytest.mark.parametrize(
    ("words", "among"),
    [
        (["petmood", ""], {*COMMANDS, "completion"}),
        (["petmood", "--"], {"--lang", "--log", "--quiet", "--debug", "--version", "--help"}),
        (["petmood", "shards", "--"], {"--source", "--dedupe.distance", "--print_config", "--version"}),
        (["petmood", "train", "--imb"], {"--imbalance"}),
        (["petmood", "train", "--imbalance", ""], {"none", "class_weight", "logit_adjustment"}),
        (["petmood", "train", "--flip", ""], {"true", "false"}),
        (["petmood", "show", "--split", ""], {"train", "val"}),
        (["petmood", "predict", "--pri"], {"--prior"}),
        (["petmood", "completion", ""], set(SHELLS)),
    ],
)
def test_bash_completes(script, words, among):
    done = subprocess.run(["bash", "-c", ASK, "bash", script, *words], capture_output=True, text=True)
    assert among <= set(done.stdout.split()), done.stderr


def test_bash_completes_files(script, tmp_path):
    (tmp_path / "강아지.jpg").touch()
    words = ["petmood", "predict", "--image", "강"]
    done = subprocess.run(["bash", "-c", ASK, "bash", script, *words], capture_output=True, text=True, cwd=tmp_path)
    assert "강아지.jpg" in done.stdout.split(), done.stderr


def test_the_command(capsys):
    assert choose_module(["completion", "zsh"]) is None
    said = capsys.readouterr().out
    assert said.startswith("#compdef petmood") and "--dedupe.distance" in said and "(default 32)" in said
    for words in ([], ["fish"]):
        with pytest.raises(CallError, match="give one of bash, zsh"):
            choose_module(["completion", *words])
