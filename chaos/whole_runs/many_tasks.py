"""Thousands of tiny tasks in one run: what a task leaves behind in a process adds up to hours of a long run.

A run of preprocess with one frame in each task. About every second the processes of the run are looked at: memory of
the driver, of the workers and of Ray's own parts, shared memory, descriptors, temporary files. After a warm-up each has
to be flat: lost is what grows with the tasks. A try is a task.
"""

import csv
import io
import sys
import time
from contextlib import redirect_stdout
from pathlib import Path
from typing import NamedTuple

import cv2
import matplotlib
import numpy as np
from matplotlib.figure import Figure
from scipy.stats import theilslopes

from chaos.commands.process_samples import KINDS, take_sample
from chaos.commands.started_command import StartedCommand, start_command
from chaos.experiment import Bench, Findings
from console.hangul_font import find_hangul_font
from shards.dataset import read_dataset

_SIDE = 96  # pixels of a frame
_WARM_UP = 0.25  # of the tasks, which are not looked at: imports, caches, workers that start
_LEAST_SAMPLES = 8
_SECONDS = 0.5  # from one sample to the next
_LONGEST = 1800.0  # seconds of a run
# What may be added by each task, and what passes as noise however few tasks there are. A driver keeps what each task
# has found: its summary and the name of its video.
_GROWTH = {"driver MiB": 0.004, "MiB": 0.002, "descriptors": 0.001, "files": 0.001}
_NOISE = {"driver MiB": 6.0, "MiB": 6.0, "descriptors": 4.0, "files": 4.0}
_CODE = "from chaos.whole_runs.many_tasks import run_tiny_tasks; run_tiny_tasks()"


class Sample(NamedTuple):
    """The figures of take_sample, and when."""

    tasks: int  # that are done
    seconds: float  # since the command's start
    figures: dict[str, float]


def run(bench: Bench) -> Findings:
    """Run as many tasks as there are tries."""
    findings = Findings()
    if not can_sample():
        findings.left_out = "there is no /proc/self/smaps_rollup, as Linux has it"
        return findings
    source, out, temporary = (bench.folder / name for name in ("source", "out", "tmp"))
    temporary.mkdir()
    table = make_tiny_source(source, bench.tries)
    call = ["-c", _CODE, str(table), str(out)]
    with start_command(call, bench.folder, {"TMPDIR": str(temporary)}) as command:
        samples = _watch(command, out, temporary, bench)
        status, line = command.status, command.last_line
    if status == 0:
        rows = read_dataset(out).counts["rows"]
        findings.lost += [f"{rows:,} rows of {bench.tries:,}"] * (rows != bench.tries)
    elif status is not None:
        findings.lost.append(f"status {status}: {line}")
    findings.outcomes["task done"] = samples[-1].tasks if samples else 0
    _judge(samples, findings)
    if bench.plots:
        (bench.plots / "many_tasks.png").write_bytes(draw_samples(samples))
    return findings


def can_sample() -> bool:
    """Whether the memory of processes can be looked at here."""
    return Path("/proc/self/smaps_rollup").exists()


def make_tiny_source(folder: Path, frames: int) -> Path:
    """A CSV of small frames that are not alike, each in a folder of its own and so a video. Returns its path."""
    random = np.random.default_rng(1)
    folder.mkdir()
    with open(folder / "train.csv", "w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["image_path", "bbox", "labels"])
        for number in range(frames):
            path = folder / f"dog-{number:06d}" / "frame_0_timestamp_0.jpg"
            path.parent.mkdir()
            pattern = random.integers(0, 256, (12, 12, 3), np.uint8)
            cv2.imwrite(str(path), cv2.resize(pattern, (_SIDE, _SIDE), interpolation=cv2.INTER_CUBIC))
            table.writerow([str(path.relative_to(folder)), f"8,8,{_SIDE - 16},{_SIDE - 16}", 2 + number % 2])
    return folder / "train.csv"


def run_tiny_tasks() -> None:
    """Run preprocess on the source and into the OUT that the command line names, with a task for each video."""
    from preprocess.run import run as run_preprocess
    from preprocess.settings import PreprocessSettings
    from preprocess.sources import task_groups

    task_groups._FRAMES_A_TASK = 1
    source, out = sys.argv[1:]
    with redirect_stdout(io.StringIO()):
        run_preprocess(PreprocessSettings(source=[source], out=out, workers=2))


def _watch(command: StartedCommand, out: Path, temporary: Path, bench: Bench) -> list[Sample]:
    """Samples from the first task that is done to the last."""
    samples: list[Sample] = []
    while command.status is None and command.seconds < _LONGEST and time.monotonic() < bench.ends:
        tasks = len(list(out.glob(".work/*/spill/*.json")))
        if tasks and (not samples or tasks > samples[-1].tasks):
            samples.append(Sample(tasks, command.seconds, take_sample(command, temporary)))
        time.sleep(_SECONDS)
    return samples


def _judge(samples: list[Sample], findings: Findings) -> None:
    """Put how much each figure grows into the findings; what grows too much is lost."""
    if len(samples) < 2:
        findings.lost.append("the run was over before it could be looked at")
        return
    first, last = samples[0], samples[-1]
    findings.measured["seconds_to_the_first_task"] = first.seconds
    findings.measured["milliseconds_a_task"] = 1000 * (last.seconds - first.seconds) / (last.tasks - first.tasks)
    growths = find_growth(samples)
    if not growths:
        findings.lost.append(f"{len(samples)} samples are too few to tell what grows")
    for name, (growth, tasks) in growths.items():
        findings.measured[f"{name.replace(' ', '_')}_of_1000_tasks"] = 1000 * growth / tasks
        kind = name if name in _GROWTH else name.split()[-1]
        if growth > max(_NOISE[kind], _GROWTH[kind] * tasks):
            findings.lost.append(f"{name}: {growth:+.1f} in {tasks:,} tasks")


def find_growth(samples: list[Sample]) -> dict[str, tuple[float, int]]:
    """By how much each figure has grown after the warm-up, and in how many tasks; empty with too few samples.

    The growth is that of the line through the samples whose slope is the median of those between any two (Theil, Sen):
    a single step, such as a worker that starts later, is none.
    """
    after = [sample for sample in samples if sample.tasks >= _WARM_UP * samples[-1].tasks]
    if len(after) < _LEAST_SAMPLES:
        return {}
    tasks = [sample.tasks for sample in after]
    growths = {}
    for name in sorted({name for sample in after for name in sample.figures}):
        slope = theilslopes([sample.figures.get(name, 0.0) for sample in after], tasks).slope
        growths[name] = (float(slope) * (tasks[-1] - tasks[0]), tasks[-1] - tasks[0])
    return growths


def draw_samples(samples: list[Sample]) -> bytes:
    """Plot the figures over the tasks that were done. Returns a PNG."""
    panels = {
        "memory of a process, MiB": [f"{kind} MiB" for kind in KINDS],
        "shared memory of all: MiB and files": ["shared MiB", "shared files"],
        "descriptors of a process": [f"{kind} descriptors" for kind in KINDS],
        "temporary files": ["temporary files"],
    }
    picture, font = io.BytesIO(), find_hangul_font()
    with matplotlib.rc_context({"axes.unicode_minus": False, **({"font.family": font} if font else {})}):
        figure = Figure(figsize=(8, 10), layout="constrained")
        axes = figure.subplots(len(panels), 1, sharex=True)
        for axis, (title, names) in zip(axes, panels.items(), strict=True):
            for name in names:
                figures = [sample.figures.get(name, 0.0) for sample in samples]
                axis.plot([sample.tasks for sample in samples], figures, label=name)
            axis.set(title=title)
            axis.set_ylim(bottom=0)
            axis.spines[["top", "right"]].set_visible(False)
            axis.legend(loc="lower right", fontsize=9)
        axes[-1].set_xlabel("tasks done")
        figure.savefig(picture, format="png", dpi=140)
    return picture.getvalue()
