"""Training runs as a user starts them, in a process of their own, and the same command in the tests' process."""

import io
import os
import shutil
import signal
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from tensorflow.python.framework import config

from console.command import run_command
from tests.conftest import ROOT
from trainer import train_finder
from trainer.run_files.checkpoint import Progress
from trainer.train import main
from trainer.training import checkpoint_callback

TINY = (
    *("--backbone", "small", "--batch_size", "12", "--resolution", "48", "--learning_rate", "0.003"),
    *("--measure_speed", "false", "--self_check", "false"),
)
FINDER_TINY = (
    *("--backbone", "small", "--weights", "none", "--batch_size", "8", "--resolution", "96"),
    *("--learning_rate", "0.006", "--measure_speed", "false", "--self_check", "false"),
)
MODULE = (sys.executable, "-m", "trainer.train")
SCRATCH = ("--weights", "none", "--probe.epochs", "0", "--epochs", "2")


def train(data: Path, out: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
    """Run the command to its end; output as text."""
    return subprocess.run(
        [*MODULE, *_list_arguments(data, out, arguments)],
        env=os.environ | environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


def train_here(data: Path, out: Path, *arguments: str) -> subprocess.CompletedProcess:
    """The same in this process, which saves the seconds of importing TensorFlow.

    What a run sets for its process stays, but for --deterministic, by which later tests would take longer.
    """
    return _run_here("train", main, _list_arguments(data, out, arguments))


def train_finder_here(data: Path, out: Path, *arguments: str) -> subprocess.CompletedProcess:
    """Train a finder in this process."""
    return _run_here("train_finder", train_finder.main, ["--train", str(data), "--out", str(out), *arguments])


_SIGNALLED = """
import os, sys
from console.command import run_command
from tests.trainer.runs import acting_after
from trainer.train import main

with acting_after(int(sys.argv[1]), lambda: os.kill(os.getpid(), int(sys.argv[2]))):
    sys.exit(run_command("train", main, sys.argv[3:]))
"""


def train_until(data: Path, out: Path, checkpoints: int, number: signal.Signals, *arguments: str) -> tuple[int, str]:
    """Run the command in a process that gets a signal when it has written so many checkpoints; status and stderr.

    It sends the signal itself: a watcher on a busy machine may come too late.
    """
    call = [str(checkpoints), str(int(number)), *_list_arguments(data, out, arguments)]
    command = [sys.executable, "-c", _SIGNALLED, *call]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8")
    return done.returncode, done.stderr


class Killed(BaseException):
    """What ends a run in this process as SIGKILL would; see killed_after."""


@contextmanager
def killed_after(checkpoints: int) -> Iterator[None]:
    """A run in this process ends right after it has written so many checkpoints, and writes nothing more."""

    def die() -> None:
        raise Killed

    with pytest.raises(Killed), acting_after(checkpoints, die):
        yield


@contextmanager
def copied_after(checkpoints: int, folder: Path, copy: Path) -> Iterator[None]:
    """The folder of a run in this process is copied when it has so many checkpoints: what a kill there leaves."""
    with acting_after(checkpoints, lambda: shutil.copytree(folder, copy)):
        yield


@contextmanager
def acting_after(checkpoints: int, act: Callable[[], object]) -> Iterator[None]:
    """Something is done in this process as soon as a run has written so many checkpoints."""
    write, written = checkpoint_callback.write_checkpoint, []

    def write_and_act(folder: Path, model: keras.Model, progress: Progress) -> None:
        write(folder, model, progress)
        written.append(progress.total_steps)
        if len(written) == checkpoints:
            act()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkpoint_callback, "write_checkpoint", write_and_act)
        yield


def read_weights(path: Path) -> dict[str, np.ndarray]:
    """Every array of a .keras file by its name; the file itself holds a date."""
    found = {}
    with zipfile.ZipFile(path) as archive, h5py.File(archive.open("model.weights.h5")) as file:
        file.visititems(lambda name, item: found.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None)
    return found


def _run_here(name: str, command: Callable[[list[str]], int], call: list[str]) -> subprocess.CompletedProcess:
    output, errors = io.StringIO(), io.StringIO()
    try:
        with redirect_stdout(output), redirect_stderr(errors), warnings.catch_warnings():
            status = run_command(name, command, call)
    finally:
        if "--deterministic" in call:
            config.disable_op_determinism()
    return subprocess.CompletedProcess(call, status, output.getvalue(), errors.getvalue())


def _list_arguments(data: Path, out: Path, arguments: tuple[str, ...]) -> list[str]:
    return ["--train", str(data), "--out", str(out), *TINY, *arguments]
