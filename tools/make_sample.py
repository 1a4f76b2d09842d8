"""A small tree of pet videos, laid out as AI Hub delivers them and with the defects seen there, made by code alone.

    python -m tools.make_sample DIR [--videos 24] [--frames 16] [--height 1080] [--seed 0] [--no-defects] [--workers N]

The same arguments give the same bytes, whatever the number of workers. The `--videos` sound videos are the same with
and without defects: these are put into extra videos, so that the number of each is known and `make_sample` returns it.
DIR appears when it is whole; it is made in DIR.partial-PID. Status 2 with one line on stderr: the call is at fault.
"""

import argparse
import os
import shutil
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing import get_context, parent_process
from pathlib import Path

import cv2

from console.command import Parser, run_command
from shards.emotions import ENGLISH
from shards.errors import CallError, DataError
from shards.manifest import REJECTIONS
from tools.sample.defects import AGAIN, DEFECTS, HAPPY, plan_defects, take_liberties
from tools.sample.videos import SampleSpec, SampleVideo, VideoPlan, film, image_name, plan_videos, write_label


@dataclass
class SampleCounts:
    """What was made, and what a reader must find: `rows` = manifest rows = the rejected ones and the `usable`."""

    labels: int = 0  # label files, the broken ones included, junk not
    videos: int = 0  # sound ones
    frames: int = 0  # files in frame directories, the broken ones included, junk not
    rows: int = 0  # annotations; one for a label file that is unreadable or invalid
    usable: Counter = field(default_factory=Counter)  # rows by (split, number of the mood)
    rejected: Counter = field(default_factory=Counter)  # rows by reason
    tolerated: Counter = field(default_factory=Counter)  # oddities that must not cost a row
    near_copies: int = 0  # of the sound videos' frames: those that show what the one before shows, but for the noise

    def add(self, other: "SampleCounts") -> None:
        """Count in what another video adds."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


def make_sample(root: Path, spec: SampleSpec, workers: int | None = None) -> SampleCounts:
    """Make the tree at `root` in so many processes (one for each core; 1: in this one) and say what is in it.

    Raises CallError, before anything is made, unless `root` is new or empty and can be a directory.
    """
    if workers is not None and workers < 1:
        raise CallError(f"workers is {workers}, less than 1")
    root = Path(root).resolve()
    if root.exists() and not (root.is_dir() and not any(root.iterdir())):
        raise CallError(f"{root} exists and is not an empty directory; give another")
    plans, total = plan_videos(spec) + plan_defects(spec), SampleCounts()
    aside = root.with_name(f"{root.name}.partial-{os.getpid()}")
    shutil.rmtree(aside, ignore_errors=True)
    try:
        aside.mkdir(parents=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise CallError(f"{root} cannot be made, a file is in the way; give another") from error
    try:
        for counts in _film_all(plans, aside, workers or min(os.cpu_count() or 1, len(plans))):
            total.add(counts)
        if root.exists():
            root.rmdir()  # empty; Windows does not rename over it
        aside.rename(root)
    except BrokenProcessPool as error:
        raise DataError(f"{root} was not made, a worker died: {error}") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return total


def describe_sample(counts: SampleCounts) -> str:
    """What was made, as a table for people."""
    lines = [
        f"{counts.videos} sound videos; with the spoilt ones {counts.labels} label files, {counts.frames} frame files",
        f"{counts.rows} rows: {counts.usable.total()} usable, {counts.rejected.total()} to be rejected",
        f"{counts.near_copies} frames of the sound videos show what the one before them shows",
    ]
    for title, table in (
        ("usable rows", {f"{split} {ENGLISH[mood]}": rows for (split, mood), rows in sorted(counts.usable.items())}),
        ("rows to be rejected", {reason: counts.rejected[reason] for reason in REJECTIONS if counts.rejected[reason]}),
        ("to be tolerated", counts.tolerated),
    ):
        lines += ["", title, *(f"  {name:<42}{number:>6}" for name, number in table.items())]
    return "\n".join(lines)


def _film_all(plans: list[VideoPlan], root: Path, workers: int) -> Iterator[SampleCounts]:
    if workers == 1:
        yield from map(_make_video, plans, [root] * len(plans))
        return
    with ProcessPoolExecutor(workers, get_context("spawn"), _start_worker) as pool:
        yield from pool.map(_make_video, plans, [root] * len(plans))


def _start_worker() -> None:
    cv2.setNumThreads(1)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Without this, the workers of a killed run wait for work for ever."""
    parent_process().join()
    os._exit(1)


def _make_video(plan: VideoPlan, root: Path) -> SampleCounts:
    """Film, label, spoil and write one video; what it adds to the counts."""
    images, boxes, copies = film(plan)
    label = write_label(plan, list(images), boxes)
    named = {image_name(*time): image for time, image in images.items()}
    video = SampleVideo(plan, label, named, plan.folder("라벨링데이터"), plan.folder("원천데이터"))
    found = DEFECTS[plan.defect](video) if plan.defect else take_liberties(video)
    for path, content in video.files():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return _count(video, found, 0 if plan.defect else copies, len(label["annotations"]))


def _count(video: SampleVideo, found: dict[str, int], copies: int, annotations: int) -> SampleCounts:
    rejected = Counter({reason: found[reason] for reason in REJECTIONS if found.get(reason)})
    tolerated = Counter({oddity: times for oddity, times in found.items() if oddity not in REJECTIONS})
    rows = annotations + rejected["video_repeated"]
    if rejected["label_unreadable"] or rejected["label_invalid"]:
        rows = 1
    if video.label is None:
        rows = 0
    usable = Counter({(video.plan.split, video.plan.emotion): rows - rejected.total()})
    again = tolerated[AGAIN]
    if again:
        usable["Validation", HAPPY] = again
    labels = int(video.label is not None) + bool(rejected["video_repeated"]) + bool(again)
    frames, sound = len(video.images) + again, not video.plan.defect
    return SampleCounts(labels, sound, frames, rows + again, usable, rejected, tolerated, copies)


def main(arguments: list[str]) -> int:
    """Make a sample and print what is in it."""
    parser = Parser("tools.make_sample", __doc__)
    parser.add_argument("dir", type=Path, metavar="DIR")
    for name, default in (("videos", 24), ("frames", 16), ("height", 1080), ("seed", 0)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--defects", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--workers", type=int, default=None, help="processes; as many as there are cores")
    chosen = parser.parse_args(arguments)
    spec = SampleSpec(chosen.videos, chosen.frames, chosen.height, chosen.seed, chosen.defects)
    print(f"{chosen.dir}: {describe_sample(make_sample(chosen.dir, spec, chosen.workers))}")
    return 0


if __name__ == "__main__":
    sys.exit(run_command("make_sample", main, sys.argv[1:]))
