"""The two READMEs say the same, and what they say to type exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ENGLISH, KOREAN = ((ROOT / name).read_text() for name in ("README.md", "README.ko.md"))
TARGETS = set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))


def commands(text: str) -> list[str]:
    """Lines of code blocks, without their comments."""
    blocks = re.findall(r"```\w*\n(.*?)```", text, re.DOTALL)
    lines = [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line.startswith(("make", "python"))]


def test_both_say_the_same():
    assert commands(ENGLISH) == commands(KOREAN)
    assert len(re.findall("^#+ ", ENGLISH, re.M)) == len(re.findall("^#+ ", KOREAN, re.M))
    figures = r"\d+(?:[.,]\d+)+%?"
    assert sorted(re.findall(figures, ENGLISH)) == sorted(re.findall(figures, KOREAN))


@pytest.mark.parametrize("command", sorted(set(commands(ENGLISH))))
def test_commands_exist(command):
    words = command.split()
    if words[0] == "make":
        assert len(words) == 1 or words[1] in TARGETS
    else:
        module = words[2].replace(".", "/")
        assert (ROOT / f"{module}.py").exists() or (ROOT / module / "__main__.py").exists()


def test_the_two_commands_come_first():
    assert ENGLISH.index("make demo") < ENGLISH.index("make test") < ENGLISH.index("make shards")


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`((?:[a-z_]+/)+[a-z_]*\.?(?:py|yaml)?)`", ENGLISH))))
def test_files_exist(name):
    assert (ROOT / name).exists() or name.startswith(("data/", "runs/", "checkpoints/"))
