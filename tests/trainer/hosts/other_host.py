"""The second of two hosts as a process of its own, and what it ends with: python -m tests.trainer.hosts.other_host.

The first argument is the number of steps after which it kills itself, 0 for never; the others are the command line.
"""

import hashlib
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from console.command import run_command
from trainer.mood_training import run as mood_training
from trainer.train import main
from trainer.training.checkpoint_callback import CheckpointCallback
from trainer.training.run_context import TrainingRun


@contextmanager
def kept_run() -> Iterator[list[TrainingRun]]:
    """The runs that this process starts meanwhile."""
    start, runs = mood_training._start_run, []

    def start_and_keep(*given):
        runs.append(start(*given))
        return runs[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mood_training, "_start_run", start_and_keep)
        yield runs


def hash_weights(run: TrainingRun) -> str:
    return hashlib.sha256(b"".join(np.asarray(each).tobytes() for each in run.network.variables)).hexdigest()


def _die_after(steps: int) -> None:
    finish = CheckpointCallback.finish_step

    def finish_and_die(callback: CheckpointCallback) -> None:
        finish(callback)
        if callback.run.progress.total_steps == steps:
            os.kill(os.getpid(), signal.SIGKILL)

    CheckpointCallback.finish_step = finish_and_die


if __name__ == "__main__":
    if int(sys.argv[1]):
        _die_after(int(sys.argv[1]))
    with kept_run() as kept:
        status = run_command("train", main, sys.argv[2:])
    print("weights", *map(hash_weights, kept))
    sys.exit(status)
