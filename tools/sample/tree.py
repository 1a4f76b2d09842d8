"""Makes a sample: films the videos in several processes, writes folders or archives, and counts what is in them."""

import os
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context, parent_process
from pathlib import Path

from console.progress import show_progress, show_waiting
from shards.emotions import ENGLISH
from shards.errors import CallError, DataError
from shards.manifest import REJECTIONS
from shards.storage.atomic_write import make_temporary_folder
from tools.sample.canvas import use_one_thread
from tools.sample.defects import DEFECTS, HAPPY, REPEATED_IN_VALIDATION, add_label_oddities, plan_defects
from tools.sample.delivery_forms import SAMPLE_FORMS, find_delivery_path, pack_delivery
from tools.sample.filming import film_video
from tools.sample.labels import compose_label
from tools.sample.video_files import SampleVideo, name_image
from tools.sample.video_plans import SampleSpec, VideoPlan, plan_videos


@dataclass
class SampleCounts:
    """What was made, and what a reader of it must find: `rows` are the rejected and the `usable` rows."""

    labels: int = 0  # label files, broken ones included, junk files not
    videos: int = 0  # without defects
    frames: int = 0  # files in frame directories, broken ones included, junk files not
    rows: int = 0  # annotations, and one row for each label file that is unreadable or invalid
    usable: Counter = field(default_factory=Counter)  # rows by split and number of the mood
    rejected: Counter = field(default_factory=Counter)  # rows by reason
    tolerated: Counter = field(default_factory=Counter)  # oddities that must not cost a row
    near_duplicates: int = 0  # frames of videos without defects that differ only by noise from the one before

    def add(self, other: "SampleCounts") -> None:
        """Add the counts of another video."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


def make_sample(root: Path, spec: SampleSpec, workers: int | None = None, form: str = "folders") -> SampleCounts:
    """Make a sample at `root` in `workers` processes and count what is in it. `form` is one of SAMPLE_FORMS.

    Without `workers` there is a process for each core; with 1 the sample is made in this process. The files do not
    depend on it. They are written to a folder beside `root`, which is renamed when it is complete.

    Raises CallError, before anything is made, unless `root` is new or an empty folder, and DataError where a worker
    process dies.
    """
    if workers is not None and workers < 1:
        raise CallError(f"workers is {workers}, less than 1")
    if form not in SAMPLE_FORMS:
        raise CallError(f"form is {form}; give one of {', '.join(SAMPLE_FORMS)}")
    root = Path(root).resolve()
    if root.exists() and not (root.is_dir() and not any(root.iterdir())):
        raise CallError(f"{root} exists and is not an empty directory; give another")
    plans, total = plan_videos(spec) + plan_defects(spec), SampleCounts()
    with ExitStack() as stack:
        try:
            unfinished = stack.enter_context(make_temporary_folder(root))
        except (FileExistsError, NotADirectoryError) as error:
            raise CallError(f"{root} cannot be made, a file is in the way; give another") from error
        try:
            _fill(unfinished, plans, form, workers or min(os.cpu_count() or 1, len(plans)), total)
        except BrokenProcessPool as error:
            raise DataError(f"{root} was not made, a worker died: {error}") from error
        if root.exists():
            root.rmdir()  # it is empty; Windows cannot rename to an existing folder
        unfinished.rename(root)
    return total


def _fill(root: Path, plans: list[VideoPlan], form: str, workers: int, total: SampleCounts) -> None:
    in_folders = form == "folders"
    with show_progress(len(plans), "video") as progress:
        for counts in _make_videos(plans, root, in_folders, workers):
            total.add(counts)
            progress.update()
    if not in_folders:
        with show_waiting("packing", is_short=True):
            pack_delivery(root, form)


def _make_videos(plans: list[VideoPlan], root: Path, in_folders: bool, workers: int) -> Iterator[SampleCounts]:
    make = partial(_make_video, root=root, in_folders=in_folders)
    if workers == 1:
        yield from map(make, plans)
        return
    with ProcessPoolExecutor(workers, get_context("spawn"), _start_worker) as pool:
        yield from pool.map(make, plans)


def _start_worker() -> None:
    use_one_thread()
    threading.Thread(target=_exit_with_parent, daemon=True).start()


def _exit_with_parent() -> None:
    """End this process when its parent ends: the workers of a killed run would otherwise wait for work for ever."""
    parent_process().join()
    os._exit(1)


def _make_video(plan: VideoPlan, root: Path, in_folders: bool) -> SampleCounts:
    """Make one video with its defect or oddities, write it, and count what it adds to the sample. Its files lie as in
    the folders' form, or as in an unpacked delivery.
    """
    images, boxes, near_duplicates = film_video(plan)
    label = compose_label(plan, list(images), boxes)
    named = {name_image(*time): image for time, image in images.items()}
    video = SampleVideo(plan, label, named, plan.folder("라벨링데이터"), plan.folder("원천데이터"))
    found = DEFECTS[plan.defect](video) if plan.defect else add_label_oddities(video)
    for path, content in video.list_files():
        file = root / (path if in_folders else find_delivery_path(path, plan))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return _count(video, found, 0 if plan.defect else near_duplicates, len(label["annotations"]))


def _count(video: SampleVideo, found: dict[str, int], near_duplicates: int, annotations: int) -> SampleCounts:
    """The counts of a video; `found` are the rejected rows and oddities that its defect returned."""
    rejected = Counter({reason: found[reason] for reason in REJECTIONS if found.get(reason)})
    tolerated = Counter({oddity: times for oddity, times in found.items() if oddity not in REJECTIONS})
    rows = annotations + rejected["video_repeated"]
    if rejected["label_unreadable"] or rejected["label_invalid"]:
        rows = 1
    if video.label is None:
        rows = 0
    usable = Counter({(video.plan.split, video.plan.mood): rows - rejected.total()})
    repeated = tolerated[REPEATED_IN_VALIDATION]
    if repeated:
        usable["Validation", HAPPY] = repeated
    return SampleCounts(
        labels=int(video.label is not None) + bool(rejected["video_repeated"]) + bool(repeated),
        videos=int(not video.plan.defect),
        frames=len(video.images) + repeated,
        rows=rows + repeated,
        usable=usable,
        rejected=rejected,
        tolerated=tolerated,
        near_duplicates=near_duplicates,
    )


def describe_sample(counts: SampleCounts) -> str:
    """The counts as a table for people."""
    lines = [
        f"{counts.videos} sound videos; with the spoilt ones {counts.labels} label files, {counts.frames} frame files",
        f"{counts.rows} rows: {counts.usable.total()} usable, {counts.rejected.total()} to be rejected",
        f"{counts.near_duplicates} frames of the sound videos show what the one before them shows",
    ]
    for title, table in (
        ("usable rows", {f"{split} {ENGLISH[mood]}": rows for (split, mood), rows in sorted(counts.usable.items())}),
        ("rows to be rejected", {reason: counts.rejected[reason] for reason in REJECTIONS if counts.rejected[reason]}),
        ("to be tolerated", counts.tolerated),
    ):
        lines += ["", title, *(f"  {name:<42}{number:>6}" for name, number in table.items())]
    return "\n".join(lines)
