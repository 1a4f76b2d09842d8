"""What a run prints: what it needs and how far it is, on stderr, and its results, on stdout."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from console.output.counted_nouns import format_count
from console.output.ending import name_command, print_ending
from console.output.messages import print_detail, print_message, print_result, print_warning
from console.progress import show_progress
from console.text_width import pad_to_width
from preprocess.memory_needs import WORKER_BYTES, estimate_driver_bytes
from preprocess.outcome import judge_outcome
from preprocess.output_folder.disk_space import DiskSpace
from preprocess.output_folder.dry_run import dry_run_folder
from preprocess.output_folder.work_folders import build_folder
from preprocess.settings import PreprocessSettings
from preprocess.sources.video import SourceListing, Video
from preprocess.writing.finished_work import TaskSummary, count_repeated_images
from shards.dataset import DATASET_FILE, Dataset, ShardFile
from shards.storage.places import measure_place
from shards.storage.stores.remote_path import AnyPlace, RemotePath, locate

_MAX_NAMES = 5  # printed of a list; the log has all


def print_start(source: SourceListing, workers: int, space: DiskSpace | None = None) -> None:
    """Print what was found and what the work will need."""
    driver = estimate_driver_bytes(source.frames)
    print_message(
        f"found    {format_count(len(source.videos), 'labelled video')}, {format_count(source.frames, 'frame')}",
        *([f"archives {source.archives:,}, read where they lie; nothing is unpacked"] if source.archives else []),
        f"memory   {driver / 1e9:.1f} GB for the driver, {workers} x {WORKER_BYTES / 1e9:.1f} GB for workers, at most",
    )
    if space:
        print_message(f"disk     {space.needed / 1e9:.2f} GB at most while it works, {space.free / 1e9:.1f} GB free")
    _warn_of_names("labels without frames", source.labels_without_frames)
    _warn_of_names("frame folders without a label", source.directories_without_label)
    _warn_of_names("not read", source.unreadable)


def print_unannotated(tasks: Sequence[TaskSummary]) -> None:
    """Print how many frames have no annotation, and so no row in the manifest."""
    unannotated = sum(task.unannotated_frames for task in tasks)
    if unannotated:
        print_warning(f"{unannotated:,} frames of labelled videos have no annotation; they are passed over")


def print_compared(tasks: Sequence[TaskSummary], kept: int) -> None:
    """Print how the frames that the bar counted as kept, each within its video, become those of the result."""
    within = sum(task.counts.get("kept", 0) for task in tasks)
    if within != kept:
        print_message(
            f"compared {format_count(within, 'frame')} across videos: {kept:,} kept, {within - kept:,} dropped"
        )


def print_repeated_images(tasks: Sequence[TaskSummary]) -> None:
    """Print how many files are left alone because the same frame lies in an earlier place too."""
    if repeated := count_repeated_images(tasks):
        order = "the first by source and path, of a folder and its archive the folder"
        print_warning(f"{repeated:,} frames lie in another place too; each is used once, from {order}")


def print_damage(what: str) -> None:
    """Print that finished work was found damaged. `what` is the error's message, whose advice is left out."""
    print_warning(f"damaged  {what.partition(';')[0]}; it is made again")


def print_kept_versions(folders: Sequence[Path]) -> None:
    """Print which replaced versions somebody still reads."""
    for folder in folders:
        print_message(f"kept     {folder}, a replaced version that is still read; a later run here removes it")


def print_nothing_to_do(dataset: Dataset, out: AnyPlace) -> None:
    """Print that OUT holds the dataset already."""
    print_result(f"{out} was made from these inputs and settings: nothing to do; verify reads each of its bytes")
    _print_dataset(dataset, out)


def print_dry_run(
    found: Dataset,
    how_split: str,
    settings: PreprocessSettings,
    source: SourceListing,
    whole_frames: int,
    seconds: dict[str, float],
) -> None:
    """Print the tables of a dry run and what to do next. `whole_frames` are those that the real run would store."""
    _print_counts(found.counts, how_split)
    counts = found.counts
    usable = counts["rows"] - counts["rejected"] + counts["reasons"].get("label_conflict", 0)
    share = counts["kept"] / max(1, usable)
    print_detail(f"\ndry run: no shard was written; {share:.1%} of the {usable:,} usable frames would be kept")
    if whole_frames:
        print_detail(f"and at most {whole_frames:,} whole frames for a finder; --frames.per_video 0 leaves them out")
    _print_seconds(seconds, source.frames)
    out, here = locate(settings.out), build_folder(settings)
    whole = measure_place(out / DATASET_FILE) is not None
    instead = f"with --replace instead of --dry_run, for {out} holds a dataset" if whole else "without --dry_run"
    print_detail(f"make it with the same command {instead}; the hashes are kept for it")
    figures = (f"{format_count(counts['kept'], 'frame')} would be kept", *_name_others(counts))
    look = name_command("tools.dedupe_report", here, *(["--dry_run"] if whole else []))
    _warn_of_outcome(counts)
    print_ending([dry_run_folder(here)], figures, look)


def print_end(dataset: Dataset, how_split: str, out: AnyPlace, frames: int, seconds: dict[str, float]) -> None:
    """Print the tables of a finished run."""
    _print_counts(dataset.counts, how_split)
    print_detail(f"\n{_describe_shards(dataset.shards)}, in {out}")
    if any(dataset.frames.values()):
        records = sum(shard.records for files in dataset.frames.values() for shard in files)
        print_detail(f"{_describe_shards(dataset.frames)}, of {records:,} whole frames for a finder")
    _print_seconds(seconds, frames)
    _print_dataset(dataset, out)


def _print_dataset(dataset: Dataset, out: AnyPlace) -> None:
    counts = dataset.counts
    figures = (f"{format_count(counts['kept'], 'frame')} kept", *_name_others(counts))
    can_train = _warn_of_outcome(counts)
    data = out.url if isinstance(out, RemotePath) else out
    print_ending([out], figures, name_command("trainer.train", "--train", data) if can_train else None)


def _warn_of_outcome(counts: dict[str, Any]) -> bool:
    """Print what to know of a dataset before a mood model is trained on it; whether one is worth training.

    The first fault is left to the end of the run, whose error it is.
    """
    outcome = judge_outcome(counts)
    for line in (*outcome.faults[1:], *outcome.warnings):
        print_warning(f"warning {line}")
    return not outcome.faults


def _name_others(counts: dict[str, Any]) -> tuple[str, str]:
    return format_count(counts["duplicate"], "near-duplicate"), f"{counts['rejected']:,} rejected"


def _describe_shards(by_split: dict[str, list[ShardFile]]) -> str:
    shards = [shard for files in by_split.values() for shard in files]
    return f"{format_count(len(shards), 'shard')}, {sum(shard.bytes for shard in shards):,} bytes"


def _print_seconds(seconds: dict[str, float], frames: int) -> None:
    stages = ", ".join(f"{stage} {value:.1f} s" for stage, value in seconds.items())
    print_detail(f"{stages}; {frames / max(seconds['videos'], 1e-9):,.0f} frames/s in videos")


def _print_counts(counts: dict[str, Any], how_split: str) -> None:
    print_detail(f"\n{'rows':<24}{counts['rows']:>12,}")
    for status in ("kept", "duplicate", "rejected", "unselected"):
        print_detail(f"  {status:<22}{counts[status]:>12,}")
    for reason, number in counts["reasons"].items():
        print_detail(f"    {reason:<20}{number:>12,}")
    print_detail(f"\nsplit: {how_split}")
    print_detail(f"{'split':<8}{'mood':<16}{'frames':>10}{'videos':>10}")
    for split, found in counts["splits"].items():
        for name, emotion in found["emotions"].items():
            print_detail(f"{split:<8}{pad_to_width(name, 16)}{emotion['frames']:>10,}{emotion['videos']:>10,}")
        print_detail(f"{split:<8}{'all':<16}{found['frames']:>10,}{found['videos']:>10,}")


class FrameProgress:
    """A progress bar of frames: per second, kept, rejected, duplicates, time left."""

    def __init__(self, groups: Sequence[list[Video]]):
        self._frames = [sum(d.frames for video in group for d in video.directories) for group in groups]
        self._bar = show_progress(sum(self._frames), "frame")
        self._counts: dict[str, int] = {"kept": 0, "rejected": 0, "duplicate": 0}

    def __enter__(self) -> "FrameProgress":
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def add(self, group: int, task: TaskSummary) -> None:
        for status in self._counts:
            self._counts[status] += task.counts.get(status, 0)
        self._bar.set_postfix(self._counts)
        self._bar.update(self._frames[group])


def _warn_of_names(what: str, names: Sequence[str]) -> None:
    if names:
        more = f" and {len(names) - _MAX_NAMES} more, all in the log" if len(names) > _MAX_NAMES else ""
        print_warning(f"{what}: {len(names)} ({', '.join(names[:_MAX_NAMES])}{more})")
