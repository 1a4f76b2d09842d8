"""Which settings of preprocess and of training suit this source and this machine, and why."""

from collections.abc import Sequence
from typing import Any

from preprocess.core_count import count_cores
from preprocess.settings import PreprocessSettings
from tools.advice.estimates import EpochEstimate, RunEstimate
from tools.advice.machine import Memory
from trainer.input.dataset_split import SHUFFLE_OVERHEAD
from trainer.settings import TrainSettings

_SHUFFLE_SHARE = 0.25  # of the memory, at most
_LEAST_SHUFFLED = 256
_LONG_EPOCH = 30 * 60  # seconds
_SLOW_DISK = 0.3  # share of the workers' time that they wait for disks


def advise_settings(
    shards: PreprocessSettings,
    train: TrainSettings,
    run: RunEstimate,
    epochs: Sequence[EpochEstimate],
    memory: Memory,
    workers: int,
) -> dict[str, Any]:
    """Flags of both commands with their values, and by name what there is to say of them.

    Args:
        shards: the settings of preprocess as they were asked for.
        train: those of training.
        run: the estimate for `workers`.
        epochs: the estimate for `train`, and then those with fewer frames of each video.
        memory: of this machine.
        workers: with which the sample was taken.
    """
    fitting = int((memory.available - run.driver_bytes) // max(1, run.worker_bytes))
    chosen = workers if shards.workers else max(1, min(workers, fitting))
    notes = []
    if chosen < count_cores() and not shards.workers:
        notes.append("memory_limits_workers")
    if workers > max(1, fitting):
        notes.append("workers_exceed_memory")
    if run.blocked > _SLOW_DISK and not shards.work:
        notes.append("work_on_another_disk")
    record_bytes = run.dataset_bytes / max(1.0, run.kept * run.frames)
    shuffled = _fit_shuffle(train.shuffle_records, record_bytes, memory)
    per_video = _choose_frames_per_video(train, epochs)
    fits = run.dataset_bytes < memory.available / 2
    notes.append("dataset_fits_memory" if fits else "dataset_exceeds_memory")
    training: dict[str, Any] = {"batch_size": int(train.batch_size), "resolution": int(train.resolution)}
    if shuffled < train.shuffle_records:
        training["shuffle_records"] = shuffled
    if per_video:
        training["frames_per_video"] = per_video
    return {"shards": {"workers": chosen}, "train": training, "notes": notes, "record_bytes": record_bytes}


def _fit_shuffle(records: int, record_bytes: float, memory: Memory) -> int:
    """As many records as were asked for, or half as many, and so on, until the shuffle leaves memory for the rest."""
    while records > _LEAST_SHUFFLED and SHUFFLE_OVERHEAD * records * record_bytes > _SHUFFLE_SHARE * memory.available:
        records //= 2
    return int(records)


def _choose_frames_per_video(train: TrainSettings, epochs: Sequence[EpochEstimate]) -> int | None:
    """The most frames of a video with which an epoch is not long; None for those that were asked for."""
    short = [epoch for epoch in epochs if epoch.seconds.value <= _LONG_EPOCH]
    chosen = (short or epochs)[0 if short else -1] if epochs else None
    if chosen is None or chosen.frames_per_video == train.frames_per_video:
        return None
    return chosen.frames_per_video
