"""Preprocess beside a plain loop and its own limit: python -m benchmarks.preprocess [--clip DIR]

Each way runs over the same frames in a process of its own, from the page cache. The ways take turns, and the figures
are medians over rounds of the ratios within a round. The frames are those of a real clip in AI Hub's layout, where DIR
(the folder of make_aihub_tree.py) exists, and made 1080p frames with boxes of 800 px.

    plain   what one writes first: cv2.imread, slice, cv2.resize, DCT hash, cv2.imencode
    task    our whole video task: labels, listing, checks, crop, hash, near-duplicates, encoding, spill, fsync
    frames  the same with four whole frames of each video, of about 40; AI Hub's videos have about 99
    limit   decoding and resizing alone: the task cannot be faster with this decoder and this resampling
    opencv  the same with cv2.resize(INTER_AREA) instead of our resampling
    region  the decoder alone: region and DCT scale, without resampling

Time: about ten minutes on 2 cores. Last line: the lowest ratio of the two sets of frames for each comparison, the
speed-up by 2 workers, and all ratios by set.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from preprocess.ray_cluster import WORKER_ENVIRONMENT, start_ray
from preprocess.settings import DedupeSettings, FrameSettings, PreprocessSettings
from preprocess.sources.source_kinds import find_videos
from preprocess.task_handout import run_tasks
from preprocess.writing.video_task import run_video_task
from tools.sample.tree import make_sample
from tools.sample.video_plans import SampleSpec

MODES = ("plain", "task", "frames", "limit", "opencv", "region")
BOX_SIDE = 800  # of the made frames, in pixels
VIDEOS = 8


def list_crops(tree: Path) -> list[tuple[str, tuple]]:
    """The path and the crop of every annotated frame of a tree."""
    from preprocess.cutting.frame import open_frames
    from preprocess.sources.aihub_label import parse_aihub_label
    from preprocess.sources.input_fingerprint import read_inputs
    from shards.crop_geometry import place_crop

    crops = []
    for video in find_videos([str(tree)]).videos:
        inputs = read_inputs(video)
        label = parse_aihub_label(inputs.label)
        crops += [
            (os.fsdecode(frame.image.file), place_crop(frame.box, *label.size, grow=1.1))
            for frame in open_frames(inputs, label)
        ]
    return crops


def make_pass(mode: str, tree: Path) -> Callable[[], None]:
    """A function that passes over all frames of a tree in one of the ways."""
    if mode in ("task", "frames"):
        return lambda: run_task(tree, per_video=4 if mode == "frames" else 0)
    crops = list_crops(tree)
    step = {"plain": run_plain_step, "limit": run_limit_step, "opencv": run_opencv_step, "region": run_region_step}[
        mode
    ]

    def run() -> None:
        for path, crop in crops:
            step(path, crop)

    return run


def run_task(tree: Path, videos: list | None = None, per_video: int = 0) -> None:
    """The video task on all frames, without near-duplicate removal, so that every frame is encoded as in `plain`.

    `per_video` is the number of whole frames of each video.
    """
    settings = PreprocessSettings(
        source=[str(tree)], out="unused", dedupe=DedupeSettings(enabled=False), frames=FrameSettings(per_video)
    )
    with tempfile.TemporaryDirectory() as folder:
        run_video_task(videos or find_videos(settings.source).videos, settings, Path(folder))


def run_plain_step(path: str, crop: tuple) -> None:
    import cv2
    import numpy as np

    x, y, size = crop
    square = cv2.imread(path)[max(y, 0) : y + size, max(x, 0) : x + size]
    picture = cv2.resize(square, (256, 256), interpolation=cv2.INTER_AREA)
    grey = cv2.resize(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), (32, 32), interpolation=cv2.INTER_AREA)
    lowest = cv2.dct(grey.astype(np.float32))[:8, :8]
    np.packbits(lowest > np.median(lowest)).tobytes()
    cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 90])


def run_limit_step(path: str, crop: tuple) -> None:
    from preprocess.cutting.jpeg_crop import decode_crop
    from shards.jpeg_headers import read_header

    data = Path(path).read_bytes()
    decode_crop(data, read_header(data), crop, 256)


def run_opencv_step(path: str, crop: tuple) -> None:
    import cv2

    cv2.resize(run_region_step(path, crop), (256, 256), interpolation=cv2.INTER_AREA)


def run_region_step(path: str, crop: tuple):
    from preprocess.cutting.jpeg_crop import decode_region, find_region
    from shards.jpeg_headers import read_header

    data = Path(path).read_bytes()
    return decode_region(data, find_region(crop, read_header(data), 256))


def serve_passes(mode: str, tree: Path) -> None:
    """The process of one way: for each line on stdin it makes a pass and prints its seconds."""
    run = make_pass(mode, tree)
    run()  # imports, compiled code, page cache
    print("ready", flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        run()
        print(time.perf_counter() - start, flush=True)


def time_modes(tree: Path, rounds: int) -> list[dict[str, float]]:
    """The seconds of a pass by mode, for each round."""
    processes = {}
    for mode in MODES:
        environment = os.environ | ({} if mode == "plain" else WORKER_ENVIRONMENT)
        command = [sys.executable, "-m", "benchmarks.preprocess", "--serve", mode, "--tree", str(tree)]
        pipe = subprocess.PIPE
        processes[mode] = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True, env=environment
        )
        assert processes[mode].stdout.readline() == "ready\n", f"{mode} did not start"
    results = []
    for _ in range(rounds):
        results.append({})
        for mode, process in processes.items():
            process.stdin.write("go\n")
            process.stdin.flush()
            results[-1][mode] = float(process.stdout.readline())
    for process in processes.values():
        process.stdin.close()
        process.wait()
    return results


def time_workers(tree: Path, rounds: int) -> float:
    """How many times as fast two workers are as one, without their start."""
    videos = find_videos([str(tree)]).videos
    calls = [(tree, [video]) for video in videos] * 4  # so many that a worker without work at the end hardly counts
    ratios = []
    with start_ray(2, None):
        list(run_tasks(run_task, calls, 2, "warm-up"))
        for _ in range(rounds):
            seconds = []
            for workers in (1, 2):
                start = time.perf_counter()
                list(run_tasks(run_task, calls, workers, "task"))
                seconds.append(time.perf_counter() - start)
            ratios.append(seconds[0] / seconds[1])
    return statistics.median(ratios)


def make_source_trees(folder: Path, clip: Path, videos: int = VIDEOS) -> dict[str, Path]:
    """Trees of frames and labels by name: "clip", where the folder `clip` can make it, and "made"."""
    trees = make_clip_tree(folder / "clip", clip, videos)
    return trees | {"made": make_boxed_sample(folder / "made", videos)}


def make_source_tree(folder: Path, clip: Path, videos: int = VIDEOS) -> Path:
    """The first of these trees alone, in FOLDER/clip or FOLDER/made."""
    trees = make_clip_tree(folder / "clip", clip, videos)
    return trees["clip"] if trees else make_boxed_sample(folder / "made", videos)


def make_clip_tree(tree: Path, clip: Path, videos: int) -> dict[str, Path]:
    if not (clip / "make_aihub_tree.py").exists():
        print(f"no real clip in {clip}: made frames only", file=sys.stderr)
        return {}
    command = [sys.executable, str(clip / "make_aihub_tree.py"), str(tree), "--videos", str(videos)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return {"clip": tree}


def make_boxed_sample(tree: Path, videos: int) -> Path:
    """A made sample whose boxes all have the side BOX_SIDE."""
    make_sample(tree, SampleSpec(videos=videos, frames=40, defects=False), workers=2)
    for path in tree.rglob("*.json"):
        label = json.loads(path.read_text(encoding="utf-8-sig"))
        width, height = label["metadata"]["width"], label["metadata"]["height"]
        box = {"x": (width - BOX_SIDE) // 2, "y": (height - BOX_SIDE) // 2, "width": BOX_SIDE, "height": BOX_SIDE}
        label["annotations"] = [annotation | {"bounding_box": box} for annotation in label["annotations"]]
        path.write_text(json.dumps(label))
    return tree


def ratio(results: list[dict[str, float]], over: str, under: str) -> float:
    """The median ratio of the seconds of two modes."""
    return statistics.median(result[over] / result[under] for result in results)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.preprocess", description=__doc__.splitlines()[0])
    parser.add_argument("--clip", type=Path, default=Path("../shared/real"), help="folder with make_aihub_tree.py")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--serve", choices=MODES, help=argparse.SUPPRESS)
    parser.add_argument("--tree", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.serve:
        return serve_passes(chosen.serve, chosen.tree)
    folder = Path(tempfile.mkdtemp())
    try:
        trees = make_source_trees(folder, chosen.clip)
        figures: dict[str, dict[str, float]] = {}
        print(f"{'frames':<8}{'way':<9}{'frames/s':>10}")
        for name, tree in trees.items():
            frames, results = len(list_crops(tree)), time_modes(tree, chosen.rounds)
            for mode in MODES:
                print(f"{name:<8}{mode:<9}{frames / statistics.median(r[mode] for r in results):>10.0f}")
            figures[name] = {
                "share_of_limit": ratio(results, "limit", "task"),
                "ratio_to_plain_loop": ratio(results, "plain", "task"),
                "speed_with_whole_frames": ratio(results, "task", "frames"),
                "limit_over_opencv_resampling": ratio(results, "opencv", "limit"),
                "limit_over_region_decode": ratio(results, "region", "limit"),
                "speedup_2_workers": time_workers(tree, chosen.rounds),
            }
        lowest = {key: round(min(found[key] for found in figures.values()), 3) for key in figures["made"]}
        print(
            json.dumps(lowest | {"by_frames": {n: {k: round(v, 3) for k, v in f.items()} for n, f in figures.items()}})
        )
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
