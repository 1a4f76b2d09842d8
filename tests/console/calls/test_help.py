"""The help of every command: two examples, ranges in words, and nothing imported that makes one wait for it."""

import json
import re
import subprocess
import sys

import pytest

from console import restricted_numbers
from console.calls.examples import EXAMPLES, format_examples
from console.calls.settings_help import describe_range
from console.petmood import COMMANDS
from console.restricted_numbers import ClosedUnitInterval, NonNegativeInt, PositiveFloat, PositiveInt
from preprocess.settings import CropSize, Seed, ValFraction
from tests.conftest import ROOT

HEAVY = ("cv2", "keras", "matplotlib", "numba", "pandas", "pyarrow", "ray", "sklearn", "tensorflow")
# They read pictures whatever they do; it takes 60 ms.
WITH_OPENCV = ("trainer.inference", "trainer.export")
# Prints the help of each command and which of the heavy libraries were imported up to there.
HELP_OF_ALL = """
import contextlib, io, json, runpy, sys
modules, heavy = json.loads(sys.argv[1])
found = {}
for module in modules:
    sys.argv = [module, "--help"]
    shown = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with contextlib.redirect_stdout(shown), contextlib.suppress(SystemExit):
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    shown.flush()
    found[module] = shown.buffer.getvalue().decode(), [name for name in heavy if name in sys.modules]
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def help_texts() -> dict[str, tuple[str, list[str]]]:
    """Of each command's module: its help, and the heavy libraries that were imported by it or by one before it."""
    modules = sorted((command.module for command in COMMANDS.values()), key=WITH_OPENCV.__contains__)
    given = json.dumps([modules, HEAVY])
    done = subprocess.run([sys.executable, "-c", HELP_OF_ALL, given], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("module", [command.module for command in COMMANDS.values()])
def test_help(help_texts, module):
    text, imported = help_texts[module]
    assert imported in ([], ["cv2"] if module in WITH_OPENCV else []), "help would wait for them"
    assert text.startswith(f"usage: python -m {module} ")
    kinds = [kind.__name__ for kind in restricted_numbers._RESTRICTIONS]
    assert not re.search(rf"\b({'|'.join(kinds)}|Literal|NoneType|null,|type:)", text)
    assert "configuration file" not in text and "==SUPPRESS==" not in text
    options = re.findall(r"^  (-.+?)(?:  (.*))?\n( {5,}\S.*)?", text, re.MULTILINE)
    assert len(options) > 2 and not [name for name, clause, below in options if not (clause or below)]
    assert text.endswith(format_examples(module) + "\n")


@pytest.mark.parametrize("module", [command.module for command in COMMANDS.values()])
def test_examples_name_flags_and_configs_that_exist(help_texts, module):
    assert len(EXAMPLES[module]) == 2
    for example in EXAMPLES[module]:
        text = help_texts[module][0].split("\nexamples:")[0]
        for flag in re.findall(r"--[\w.]+", example.arguments):
            assert re.search(rf"^ +{re.escape(flag)}\b", text, re.MULTILINE), flag
        for config in re.findall(r"--config (\w+)", example.arguments):
            assert (ROOT / "configs" / f"{config}.yaml").exists()


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (PositiveInt, "a whole number from 1"),
        (NonNegativeInt, "a whole number from 0"),
        (PositiveFloat, "a number above 0"),
        (ClosedUnitInterval, "a number from 0 to 1"),
        (ValFraction, "a number above 0, at most 0.5"),
        (CropSize, "a whole number from 32 to 2,048"),
        (Seed, "a whole number from 0 to 4,294,967,295"),
        (str, None),
    ],
)
def test_ranges_in_words(kind, words):
    assert describe_range(kind) == words
