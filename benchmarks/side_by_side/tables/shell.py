"""From the shell: how long help, imports, the first batch and a prediction take, beside Python's own start."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.side_by_side.job import Table, Way
from benchmarks.side_by_side.material import Material
from console.calls.commands import COMMANDS

_OPENER = "benchmarks.ways.shell.timed_commands:open_command"
_START = "python -c pass"
# What each room's commands import first.
_IMPORTS = (
    "shards.dataset",
    "console.command",
    "preprocess.run",
    "trainer.input.pipeline",
    "trainer.mood_training.run",
)


def make_shell_tables(material: Material) -> Iterator[Table]:
    """Three tables: help of every command, imports, and what a command does first."""
    yield _make_table(
        "Help",
        material.quick,
        {
            "python -m console.petmood": ["-m", "console.petmood"],
            **{f"{name} --help": ["-m", command.module, "--help"] for name, command in COMMANDS.items()},
        },
        "Each command by `python -m`, in the order of `petmood`.",
    )
    yield _make_table(
        "Imports", material.quick, {f"import {name}": ["-c", f"import {name}"] for name in _IMPORTS}, "", is_silent=True
    )
    model, picture = _make_model(material.folder), _write_picture(material)
    predict = ["-m", "trainer.inference", "--image", str(picture), "--weight_path"]
    yield _make_table(
        "First results",
        material.quick,
        {
            "a dataset's first batch": ["-m", "benchmarks.ways.shell.first_batch", str(material.dataset)],
            "a mood from model.keras": [*predict, str(model / "model.keras")],
            "a mood from model.onnx": [*predict, str(model / "exported" / "model.onnx")],
        },
        "A batch of 64 crops at 224 px; the smallest network. TensorFlow and Keras are what the first two import.",
    )


def _make_table(
    title: str, quick: bool, calls: dict[str, list[str]], conditions: str, is_silent: bool = False
) -> Table:
    starts = Way(_START, _OPENER, {"call": ["-c", "pass"], "times": 3 if quick else 20})
    ways = [starts, *(Way(name, _OPENER, {"call": call, "times": 1 if quick else 3}) for name, call in calls.items())]
    told = f"{conditions} From the process's start to its end, with byte code and files in the page cache."
    return Table(
        title=title,
        unit="calls",
        ways=ways,
        ours=None,
        limit=_START,
        conditions=told.strip(),
        times=True,
        check=lambda turns: find_failed_calls(turns, {_START} | (set(calls) if is_silent else set())),
    )


def find_failed_calls(turns: dict[str, dict[str, Any]], silent: set[str]) -> dict[str, str]:
    """A call that fails is no fast one; nor is one that says nothing, unless it is to be silent."""
    faults = {name: f"status {turn['status']}: {turn['said']}" for name, turn in turns.items() if turn["status"]}
    return faults | {
        name: "says nothing" for name, turn in turns.items() if not turn["said"] and not {name} & (silent | set(faults))
    }


def _make_model(folder: Path) -> Path:
    made = folder / "small_model"
    if not made.exists():
        made.mkdir()
        command = [sys.executable, "-m", "benchmarks.ways.shell.small_model", str(made)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return made


def _write_picture(material: Material) -> Path:
    import cv2

    path = material.folder / "picture.jpg"
    crop = np.load(material.crops, mmap_mode="r")[0]
    path.write_bytes(cv2.imencode(".jpg", crop[:, :, ::-1])[1].tobytes())
    return path
