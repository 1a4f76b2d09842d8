"""Training runs in processes of their own, forked from one that has loaded TensorFlow: that takes seconds."""

import multiprocessing
import os
import sys
import time
from multiprocessing.process import BaseProcess
from pathlib import Path

from chaos.commands.disk_faults import install_disk_faults

_PIXELS = 48  # of the squares that the network sees
_SMALL = (
    *("--backbone", "small", "--batch_size", "12", "--resolution", str(_PIXELS), "--learning_rate", "0.003"),
    *("--measure_speed", "false", "--self_check", "false"),
)
_TWO_STAGES = ("--probe.epochs", "2", "--epochs", "2")
_EXACT = ("--deterministic", "true", "--checkpoint_steps", "2", "--augment", "true")
_PRELOADED = ["trainer.train", "trainer.mood_training.run", "trainer.evaluation.run_report"]


class TrainingProcess:
    """A running `python -m trainer.train`; its output goes to a file."""

    def __init__(self, arguments: list[str], log: Path, disk: Path | None = None):
        """Start it. `log` is where its output goes, stdout and stderr; `disk`: see install_disk_faults."""
        self._log, self.began = log, time.monotonic()
        self._process = _start(_train, arguments, str(log), disk)

    @property
    def status(self) -> int | None:
        """Its exit status, negative where a signal ended it; None while it runs."""
        return self._process.exitcode

    @property
    def seconds(self) -> float:
        """Since it was started."""
        return time.monotonic() - self.began

    @property
    def errors(self) -> str:
        """What it has written so far."""
        return self._log.read_text(encoding="utf-8", errors="replace") if self._log.exists() else ""

    def wait(self, seconds: float) -> int | None:
        """Its exit status; None where it still runs after so many seconds."""
        self._process.join(seconds)
        return self.status

    def kill(self) -> None:
        """SIGKILL it, and wait for its end."""
        self._process.kill()
        self._process.join()


def prepare_training(dataset: Path, weights: Path) -> list[str]:
    """The arguments, but for --out, of a short run of two stages, which can be repeated exactly.

    Pretrained weights for it are written into the file `weights`.
    """
    process = _start(_write_backbone, str(weights), _PIXELS)
    process.join()
    if process.exitcode:
        raise RuntimeError(f"{weights} could not be written: status {process.exitcode}")
    return ["--train", str(dataset), *_SMALL, "--weights", str(weights), *_TWO_STAGES, *_EXACT]


def _start(function, *arguments) -> BaseProcess:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    process = context.Process(target=function, args=arguments)
    process.start()
    return process


def _train(arguments: list[str], log: str, disk: Path | None) -> None:
    from console.command import run_command
    from trainer.train import main

    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.dup2(file, 1)
    os.dup2(file, 2)
    if disk:
        install_disk_faults(disk)
    sys.exit(run_command("train", main, arguments))


def _write_backbone(path: str, pixels: int) -> None:
    import keras

    from trainer.model.network import build_network, find_backbone
    from trainer.settings import NetworkSettings

    keras.utils.set_random_seed(7)
    find_backbone(build_network(NetworkSettings("small", "none"), pixels)).save(path)
