"""The rates that the epoch is computed from: measured here in about a minute, or read from a file."""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from benchmarks.epoch.assumptions import Assumed
from shards.errors import CallError

RATES = {  # name -> unit; seconds are those of a core, which other programs on the machine change less than the clock's
    "frames a core": "frames/s",
    "plain a core": "images/s",
    "input a core": "images/s",
    "frame bytes": "bytes",
    "record bytes": "bytes",
    "kept share": "of the frames",
}
GPU_RATES = {"step rate": "images/s", "input loss": "of the time"}  # where a GPU is at hand


def read_rates(path: Path) -> dict[str, Assumed]:
    """Rates from a file: a JSON object with each name of RATES, and those of GPU_RATES if known; or one with "rates".

    A rate is a number, or [low, middle, high]. Raises CallError that says what is wrong.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CallError(f"--rates {path}: {error.strerror}") from error
    except ValueError as error:
        raise CallError(f"--rates {path} is not JSON: {error}") from error
    found = found.get("rates", found) if isinstance(found, dict) else None
    if not isinstance(found, dict) or RATES.keys() - found.keys() or found.keys() - RATES.keys() - GPU_RATES.keys():
        raise CallError(f"--rates {path}: give an object with {', '.join(RATES)}; and {', '.join(GPU_RATES)} if known")
    units = RATES | GPU_RATES
    return {name: _read_interval(value, f"--rates {path}: {name}", units[name]) for name, value in found.items()}


def _read_interval(value: Any, name: str, unit: str) -> Assumed:
    numbers = value if isinstance(value, list) else [value] * 3
    is_number = [isinstance(number, int | float) and not isinstance(number, bool) for number in numbers]
    if len(numbers) != 3 or not all(is_number) or not 0 <= numbers[0] <= numbers[1] <= numbers[2] or not numbers[1]:
        raise CallError(f"{name} is {value}; give a positive number, or [low, middle, high]")
    return Assumed(*map(float, numbers), unit, "given")


def span_rounds(values: Sequence[float], unit: str) -> Assumed:
    """Least, median and greatest of the rounds."""
    return Assumed(min(values), statistics.median(values), max(values), unit, f"measured here, {len(values)} rounds")


def measure_epoch_rates(clip: Path, rounds: int) -> dict[str, Assumed]:
    """Measure them on frames of the real clip, or on made frames. Those of a GPU too, where TensorFlow sees one."""
    from benchmarks.growth.parts import TaskWorkers
    from benchmarks.preprocess import list_crops, make_source_tree

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tree = make_source_tree(folder, clip, videos=4)
        crops = list_crops(tree)
        frame_bytes = [Path(path).stat().st_size for path, _ in crops]
        with TaskWorkers(1, tree, tree) as workers:
            seconds = [workers.time("frames", 1)[1] for _ in range(rounds)]
        rates = {
            "frames a core": span_rounds([len(crops) / one for one in seconds], RATES["frames a core"]),
            "kept share": _as_constant(_count_kept(tree), "kept share"),
            "frame bytes": _as_constant(statistics.mean(frame_bytes), "frame bytes"),
        }
        rates |= _measure_inputs(folder, tree, rounds)
    return rates | _measure_gpu(clip)


def _as_constant(value: float, name: str) -> Assumed:
    return Assumed(value, value, value, RATES[name], "measured here")


def _count_kept(tree: Path) -> float:
    """The share of frames that are no near-copies of others of their video."""
    from preprocess.settings import PreprocessSettings
    from preprocess.sources.source_kinds import find_videos
    from preprocess.writing.video_task import run_video_task

    with tempfile.TemporaryDirectory() as folder:
        settings = PreprocessSettings(source=[str(tree)], out="unused")
        counts = run_video_task(find_videos(settings.source).videos, settings, Path(folder)).counts
    return counts["kept"] / (counts["kept"] + counts.get("duplicate", 0))


def _measure_inputs(folder: Path, tree: Path, rounds: int) -> dict[str, Assumed]:
    from benchmarks.input import make_pipelines  # imports TensorFlow

    with redirect_stdout(sys.stderr):  # what the run says that makes the dataset
        ways = make_pipelines(folder, tree, time.process_time)
    results = [{name: ways[name]() for name in ("plain", "flip")} for _ in range(rounds)]
    shards = list((folder / "out").glob("pet_mood-*"))
    records = json.loads((folder / "out" / "dataset.json").read_text())["counts"]["kept"]
    return {
        "plain a core": span_rounds([one["plain"] for one in results], RATES["plain a core"]),
        "input a core": span_rounds([one["flip"] for one in results], RATES["input a core"]),
        "record bytes": _as_constant(sum(path.stat().st_size for path in shards) / records, "record bytes"),
    }


def _measure_gpu(clip: Path) -> dict[str, Assumed]:
    """The rate of real steps on a GPU, by benchmarks.step in a process of its own; nothing where there is none."""
    import tensorflow as tf

    if not tf.config.list_physical_devices("GPU"):
        return {}
    call = [sys.executable, "-m", "benchmarks.step", "--device", "gpu", "--steps", "200", "--clip", str(clip)]
    said = subprocess.run(call, check=True, stdout=subprocess.PIPE, text=True).stdout
    return read_step_figures(json.loads(said.splitlines()[-1]))


def read_step_figures(figures: Mapping[str, Any]) -> dict[str, Assumed]:
    """The GPU's rates from the last line of benchmarks.step."""
    rate, loss = figures["model_images_per_second"], max(0.0, figures["loss_to_input"])
    return {
        "step rate": Assumed(rate, rate, rate, GPU_RATES["step rate"], "measured here by benchmarks.step"),
        "input loss": Assumed(loss, loss, loss, GPU_RATES["input loss"], "measured here by benchmarks.step"),
    }
