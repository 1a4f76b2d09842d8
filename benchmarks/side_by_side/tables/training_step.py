"""A training step of EfficientNetB0 on a GPU: ours on data on the device, with its input, and PyTorch's."""

import math
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

from benchmarks.side_by_side.job import Table, Way
from benchmarks.side_by_side.material import Material

_WAYS = "benchmarks.ways.training_step"
_BATCH, _SIDE = 64, 224
_NO_GPU = "This machine has no GPU that `nvidia-smi` lists, so no training step was timed."


def make_training_step_tables(material: Material) -> Iterator[Table | str]:
    """One table where there is a GPU, else the line that says that there is none."""
    if not (name := find_gpu()):
        yield _NO_GPU
        return
    yield Table(
        title=f"EfficientNetB0, batches of {_BATCH} at {_SIDE} px, mixed precision",
        unit="images",
        ways=[
            Way("our step on data on the device", f"{_WAYS}.our_step:open_step", misses="one batch again and again"),
            Way("pet mood, training from shards", f"{_WAYS}.our_step:open_training"),
            Way(
                "PyTorch, torchvision's efficientnet_b0",
                f"{_WAYS}.torch_step:open_torch_step",
                peers=True,
                misses="AMP, channels_last and torch.compile; one batch that is on the device, no input",
            ),
        ],
        ours="pet mood, training from shards",
        limit="our step on data on the device",
        settings={
            "dataset": str(material.dataset),
            "device": "gpu",
            "backbone": "EfficientNetB0",
            "batch_size": _BATCH,
            "resolution": _SIDE,
            "steps": 20 if material.quick else 100,
        },
        conditions=f"On {name}. Compiling is not counted. Random weights, which do not change the speed.",
        check=find_lost_training,
    )


def find_gpu() -> str:
    """The name of this machine's first GPU; empty where there is none."""
    if not shutil.which("nvidia-smi"):
        return ""
    command = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if done.returncode else next(iter(done.stdout.splitlines()), "").strip()


def find_lost_training(turns: dict[str, dict[str, Any]]) -> dict[str, str]:
    """A step whose loss is no number does not train."""
    return {name: f"its loss is {turn['loss']}" for name, turn in turns.items() if not math.isfinite(turn["loss"])}
