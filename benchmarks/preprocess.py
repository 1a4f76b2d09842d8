"""Frames of 1080p with labels, and what is timed on them: decoding alone, resizing too, and whole video tasks.

The frames are those of a real clip in AI Hub's layout, where there is one, and made ones with boxes of 800 px. The job
`crops` of benchmarks.side_by_side compares these steps with one another and with what others would use.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from preprocess.cutting.jpeg_crop import (
    Region,
    decode_by_tensorflow,
    decode_crops,
    decode_regions,
    find_region,
)
from preprocess.cutting.jpeg_window import TOGETHER
from preprocess.settings import DedupeSettings, FrameSettings, PreprocessSettings
from preprocess.sources.source_kinds import find_videos
from preprocess.writing.video_task import run_video_task
from shards.crop_geometry import Crop
from shards.jpeg_headers import read_header
from tools.sample.tree import make_sample
from tools.sample.video_plans import SampleSpec

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


def run_task(tree: Path, videos: list | None = None, per_video: int = 0) -> None:
    """The video task on all frames, without near-duplicate removal, so that every frame is encoded.

    `per_video` is the number of whole frames of each video.
    """
    settings = PreprocessSettings(
        source=[str(tree)], out="unused", dedupe=DedupeSettings(enabled=False), frames=FrameSettings(per_video)
    )
    with tempfile.TemporaryDirectory() as folder:
        run_video_task(videos or find_videos(settings.source).videos, settings, Path(folder))


def decode_crops_alone(frames: list[tuple[str, Crop]]) -> None:
    """Read, decode and resize, as a video task does it."""
    for part in _group(frames):
        opened = [Path(path).read_bytes() for path, _ in part]
        decode_crops([(data, read_header(data), crop) for data, (_, crop) in zip(opened, part, strict=True)], 256)


def decode_regions_alone(frames: list[tuple[str, Crop]]) -> None:
    """Read and decode: region and scale, without resampling."""
    for part in _group(frames):
        decode_regions([_read_region(path, crop) for path, crop in part])


def decode_by_libjpeg_turbo(frames: list[tuple[str, Crop]]) -> None:
    """The same pixels by libjpeg-turbo alone, as TensorFlow calls it."""
    for path, crop in frames:
        decode_by_tensorflow(*_read_region(path, crop))


def _group(frames: list[tuple[str, Crop]]) -> Iterator[list[tuple[str, Crop]]]:
    return (frames[first : first + TOGETHER] for first in range(0, len(frames), TOGETHER))


def _read_region(path: str, crop: Crop) -> tuple[bytes, Region]:
    data = Path(path).read_bytes()
    return data, find_region(crop, read_header(data), 256)


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
