"""Many videos of one frame beside few long ones: python -m benchmarks.small_videos [--videos 24] [--rounds 7]

The same made frames, 384 px high, as 84 times as many videos of one frame and as long videos of 84. In one process, in
turn, from the page cache, without near-duplicate removal, so that each frame is encoded:

    limit       decoding and resizing alone, as in benchmarks.preprocess
    long        the whole video task on the long videos: labels, listing, checks, crop, hash, encoding, spill, fsync
    one frame   the same on the videos of one frame
    two limits  the limit, and decoding and shrinking the whole frame
    default     the video task as it runs by default, on the videos of one frame: with near-duplicate removal, and a
                whole frame of each video, so that each frame is decoded and encoded twice

Ratios are of seconds by the clock, and of the core's seconds, which other programs disturb less; medians over rounds
of the ratios within a round. The budget is that of a frame of the way `default`, in microseconds of the core. Then the
command itself with two workers, Ray included, on the one and the other, without near-duplicates and whole frames.

Time: about two minutes on 2 cores. Last line: the ratios; the command's seconds and those of its stage of videos; and
what the core does a frame, by step.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from benchmarks.preprocess import decode_crops_alone, list_crops, run_task
from benchmarks.small_videos.one_frame_tree import divide_into_videos
from console.command import Parser, run_command
from preprocess.ray_cluster import WORKER_ENVIRONMENT
from shards.errors import CallError, DataError
from tools.sample.tree import make_sample
from tools.sample.video_plans import SampleSpec

_FRAMES, _HEIGHT = 84, 384
_SERVE = "import sys; from benchmarks.small_videos.__main__ import measure_rounds; measure_rounds(*sys.argv[1:])"
_RATIOS = {  # name to the ways whose seconds are divided
    "ratio_to_limit_one_frame": ("limit", "one frame"),
    "ratio_to_limit_long": ("limit", "long"),
    "ratio_one_frame_to_long": ("long", "one frame"),
    "ratio_to_two_limits_default": ("two limits", "default"),
    "ratio_to_limit_default": ("limit", "default"),
}
# What a task calls, by the module that calls it; no step is within another.
_STEPS = {
    "read label, list images": ("preprocess.writing.video_task", "read_inputs"),
    "parse label, open frames": ("preprocess.writing.video_frames", "_open_video"),
    "read image": ("preprocess.cutting.frame", "read_image"),
    "decode and resize crop": ("preprocess.cutting.frame", "decode_crops"),
    "hash": ("preprocess.cutting.frame", "hash_crop"),
    "near-duplicates": ("preprocess.writing.video_task", "_deduplicate"),
    "encode crop": ("preprocess.writing.video_task", "encode_frame"),
    "whole frame": ("preprocess.writing.video_task", "_encode_whole_frames"),
    "spill": ("preprocess.writing.video_task", "write_spill"),
}


def measure_rounds(folder: str, rounds: str) -> None:
    """Runs in a process of its own: prints, as JSON, [seconds, core seconds] by way of each round, and the budget."""
    from preprocess.cutting.jpeg_decoder import promise_no_more_tensorflow

    promise_no_more_tensorflow()
    long, short = Path(folder, "long"), Path(folder, "short")
    crops = list_crops(short)
    ways: dict[str, Callable[[], None]] = {
        "limit": lambda: decode_crops_alone(crops),
        "long": lambda: run_task(long),
        "one frame": lambda: run_task(short),
        "two limits": lambda: (decode_crops_alone(crops), _decode_whole_frames(crops)),
        "default": lambda: _run_default_task(short),
    }
    for way in ways.values():
        way()  # imports, compiled code, page cache
    results = [{name: _time(way) for name, way in ways.items()} for _ in range(int(rounds))]
    budget = dict.fromkeys(_STEPS, 0.0)
    for step, (module, name) in _STEPS.items():
        setattr(sys.modules[module], name, _count(budget, step, getattr(sys.modules[module], name)))
    whole = _time(ways["default"])[1]
    budget["all else"] = whole - sum(budget.values())
    print(json.dumps([results, {step: 1e6 * seconds / len(crops) for step, seconds in budget.items()}]))


def _decode_whole_frames(crops: list[tuple[str, tuple]]) -> None:
    from preprocess.cutting.whole_frame import decode_whole_frame
    from shards.jpeg_headers import read_header

    for path, _ in crops:
        data = Path(path).read_bytes()
        decode_whole_frame(data, read_header(data))


def _run_default_task(tree: Path) -> None:
    from preprocess.settings import PreprocessSettings
    from preprocess.sources.source_kinds import find_videos
    from preprocess.writing import video_task

    settings = PreprocessSettings(source=[str(tree)], out="unused")
    with tempfile.TemporaryDirectory() as folder:
        video_task.run_video_task(find_videos(settings.source).videos, settings, Path(folder))


def _time(way: Callable[[], None]) -> tuple[float, float]:
    start, core = time.perf_counter(), time.process_time()
    way()
    return time.perf_counter() - start, time.process_time() - core


def _count(budget: dict[str, float], step: str, function: Callable) -> Callable:
    def counted(*arguments):
        start = time.process_time()
        try:
            return function(*arguments)
        finally:
            budget[step] += time.process_time() - start

    return counted


def run_whole_command(source: Path, out: Path) -> dict[str, float]:
    """Seconds of the command on a source, and of its stage of videos."""
    command = [sys.executable, "-m", "preprocess", "--source", str(source), "--out", str(out), "--workers", "2"]
    options = ["--frames.per_video", "0", "--dedupe.enabled", "false", "--quiet"]
    start = time.perf_counter()
    done = subprocess.run([*command, *options], capture_output=True, text=True)
    seconds = time.perf_counter() - start
    if done.returncode:
        raise DataError(f"preprocess ended with status {done.returncode}: {done.stderr.strip().splitlines()[-1]}")
    return {"command": seconds, "videos": json.loads(Path(f"{out}.log.json").read_text())["seconds"]["videos"]}


def main(arguments: list[str]) -> int:
    parser = Parser("benchmarks.small_videos", __doc__)
    parser.add_argument("--videos", type=int, default=24, help="long videos; at least 24, so that each mood is shown")
    parser.add_argument("--rounds", type=int, default=7)
    chosen = parser.parse_args(arguments)
    for name, least in (("videos", 24), ("rounds", 1)):
        if getattr(chosen, name) < least:
            raise CallError(f"--{name} {getattr(chosen, name)}: give at least {least}")
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        make_sample(folder / "long", SampleSpec(chosen.videos, _FRAMES, _HEIGHT, defects=False), workers=2)
        frames = divide_into_videos(folder / "long", folder / "short")
        command = [sys.executable, "-c", _SERVE, str(folder), str(chosen.rounds)]
        done = subprocess.run(command, capture_output=True, text=True, env=os.environ | WORKER_ENVIRONMENT)
        if done.returncode:
            raise DataError(f"the measured process ended: {done.stderr.strip().splitlines()[-1]}")
        results, budget = json.loads(done.stdout.splitlines()[-1])
        runs = {name: run_whole_command(folder / name, folder / f"out-{name}") for name in ("short", "long")}
    print(f"{'way':<28}{'frames/s':>10}{'µs of the core':>16}")
    for way in results[0]:
        seconds, core = (median(found[way][part] for found in results) for part in (0, 1))
        print(f"{way:<28}{frames / seconds:>10.0f}{1e6 * core / frames:>16.0f}")
    print(f"\n{'step of a frame':<28}{'µs of the core':>16}")
    print("\n".join(f"{step:<28}{microseconds:>16.0f}" for step, microseconds in budget.items()))
    figures: dict = {"frames": frames, "rounds": chosen.rounds}
    for part, prefix in enumerate(("", "core_")):
        for name, (over, under) in _RATIOS.items():
            figures[prefix + name] = round(median(found[over][part] / found[under][part] for found in results), 3)
    for name, seconds in runs.items():
        rate = frames / seconds["videos"]
        print(f"the command with Ray, {name} videos: {seconds['command']:.1f} s, {rate:.0f} frames/s while it cuts")
    figures |= {"with_ray": runs, "budget": {step: round(microseconds) for step, microseconds in budget.items()}}
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(run_command("small_videos", main, sys.argv[1:]))
