"""From a sample to the whole: seconds with an interval, and what limits."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from preprocess.memory_needs import estimate_driver_bytes
from tools.advice.sample_dataset import SampleDataset
from tools.advice.task_sample import TaskSample, TaskTiming
from tools.advice.training_trial import TrainingTrial
from tools.source_inventory.run_needs import START_SECONDS, sum_run_seconds
from trainer.settings import Stage

# What the sum leaves out, as a share of the time either way: tasks at the end for which workers wait, the shuffle, the
# start on a busy machine. benchmarks/advise says how far real runs were from estimates.
RUN_SHARE, EPOCH_SHARE = 0.12, 0.15
READY_SECONDS = 1.2  # that workers take to start where START_SECONDS were measured
_MOST_BUSY = 10  # times as long as there a start may take
_BUSY_SHARE = 0.4  # of the time that sampled tasks waited for a core: other programs come and go
EPOCH_SECONDS = 2.0  # of an epoch of any size: its figures, the model file, a checkpoint
_STAGE_SECONDS = 5.0  # of a stage of any size: the speed of input and model is measured
_RUN_SECONDS = 12.0  # of a training of any size: the self-check, the evaluation, the report
_START_SHARE = 0.4  # of what a training takes beside its epochs, either way
_LONE_SHARE = 0.5  # where a single task says nothing of how far tasks differ
_STUDENT = (12.7, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26)  # 97.5% of Student's t for 1 to 9 degrees of freedom
_LIMITING = 0.5  # share of the time that workers wait beyond which it is not the cores that limit
_WAITING = 0.1  # the same of training, for its input


class Interval(NamedTuple):
    """A value and the 95% interval around it."""

    value: float
    low: float
    high: float

    @classmethod
    def around(cls, value: float, *shares: float) -> "Interval":
        """An interval of a value by shares of it that add up as independent errors do."""
        share = math.hypot(*shares)
        return cls(value, value * max(0.0, 1 - share), value * (1 + share))


class RunEstimate(NamedTuple):
    """Of `make shards` with all that was measured."""

    seconds: Interval
    quiet_seconds: float  # where nothing else runs on this machine
    frames: int  # of the source
    frames_per_second: float  # of all workers
    core_seconds: float
    computed: float  # shares of the workers' time
    queued: float
    blocked: float
    frame_bytes: float  # of a frame as it lies there
    dataset_bytes: float  # without these copies too
    driver_bytes: int
    worker_bytes: int
    kept: float  # share of the frames; without copies of other videos' where the whole source was drawn
    limit: str  # "cores", "other programs" or "disk"


class EpochEstimate(NamedTuple):
    seconds: Interval
    validation_seconds: float
    frames: int  # that are trained on: those of all steps
    steps: int
    batch_size: int  # that was asked for, or all frames where there are fewer
    training_frames: int  # of the training split
    frames_per_video: int | None


class TrainingEstimate(NamedTuple):
    """Of `make train` from its start to its report, where no stage ends before its last epoch."""

    seconds: Interval
    epochs: int  # of all stages
    stages: int
    frames_per_video: int | None


def find_share_error(parts: Sequence[float], wholes: Sequence[float], sampled: float) -> float:
    """How far sum(parts) / sum(wholes) may be from that of all tasks: half of the 95% interval, as a share of it.

    By the spread of the ratio between tasks; `sampled` is the share of all that these are.
    """
    count, ratio = len(parts), sum(parts) / sum(wholes)
    if count < 2 or not ratio:
        return _LONE_SHARE * math.sqrt(max(0.0, 1 - sampled))
    squares = sum((part - ratio * whole) ** 2 for part, whole in zip(parts, wholes, strict=True))
    deviation = math.sqrt(squares * count / (count - 1)) / sum(parts)
    student = _STUDENT[count - 2] if count - 2 < len(_STUDENT) else 1.96 + 2.5 / (count - 1)
    return student * deviation * math.sqrt(max(0.0, 1 - sampled))


def estimate_shards(
    sample: TaskSample, made: SampleDataset, workers: int, list_seconds: float, write_rate: float, rows: int
) -> RunEstimate:
    """A run with `workers`, at the pace of the sampled tasks. `rows` are those of the manifest.

    Copies across videos go only where the whole source was drawn: of a part of it, more have a copy than show one.
    """
    tasks = sample.tasks
    seconds = sum(task.seconds for task in tasks)
    frames = sum(task.frames for task in tasks)
    each = seconds / frames
    core_seconds = each * sample.frames
    kept, size = sum(map(_count_kept, tasks)), sum(task.summary.record_bytes for task in tasks)
    if sample.is_whole:
        kept, size = made.frames, made.bytes
    dataset_bytes = size / frames * sample.frames
    error = find_share_error([task.seconds for task in tasks], [task.frames for task in tasks], sample.share)
    start = START_SECONDS * min(_MOST_BUSY, max(1.0, sample.ready_seconds / READY_SECONDS))
    cutting = max(core_seconds / workers, each * sample.largest)  # others wait for the largest task
    total = list_seconds + sum_run_seconds(cutting * workers, workers, rows, dataset_bytes, write_rate, start)
    queued, computed = _find_queued_share(sample), sum(task.computed for task in tasks) / seconds
    blocked = sum(task.blocked for task in tasks) / seconds
    limit = "disk" if blocked > _LIMITING else "other programs" if queued > _LIMITING else "cores"
    return RunEstimate(
        seconds=Interval.around(total, error * cutting / total, RUN_SHARE, _BUSY_SHARE * queued),
        quiet_seconds=total - queued * cutting - (start - START_SECONDS),
        frames=sample.frames,
        frames_per_second=workers / each,
        core_seconds=core_seconds,
        computed=computed,
        queued=queued,
        blocked=blocked,
        frame_bytes=sum(task.frame_bytes for task in tasks) / frames,
        dataset_bytes=dataset_bytes,
        driver_bytes=estimate_driver_bytes(sample.frames),
        worker_bytes=max(task.held_bytes for task in tasks),
        kept=kept / frames,
        limit=limit,
    )


def estimate_epoch(
    sample: TaskSample,
    made: SampleDataset,
    trial: TrainingTrial,
    frames_per_video: int | None,
    batch_size: int,
    judged: int | None = None,
) -> EpochEstimate:
    """An epoch of training with its validation, by what stays of the sampled videos in each split.

    `judged` are the validation frames of another dataset, where the settings name one. A frame that is a copy of
    another video's is known only where both were sampled.
    """
    trained = [_count_frames(task, made, False, frames_per_video) for task in sample.tasks]
    weights = [task.frames for task in sample.tasks]
    scale = sample.frames / sum(weights)
    batch_size = min(batch_size, max(1, round(scale * sum(trained))))  # as the trainer does
    steps = round(scale * sum(trained)) // batch_size
    images = steps * batch_size
    image_seconds = 1 / trial.training
    if judged is None:
        judged = round(scale * sum(_count_frames(task, made, True, None) for task in sample.tasks))
    validation = judged * _judge_seconds(trial)
    statistics = trial.statistics_images * _judge_seconds(trial)
    total = images * image_seconds + validation + statistics + EPOCH_SECONDS
    error = find_share_error(trained, weights, sample.share)
    busy = _BUSY_SHARE * _find_queued_share(sample) if trial.kind == "cpu" else 0.0
    return EpochEstimate(
        seconds=Interval.around(total, error, EPOCH_SHARE, busy),
        validation_seconds=validation,
        frames=images,
        steps=steps,
        batch_size=batch_size,
        training_frames=round(scale * sum(_count_frames(task, made, False, None) for task in sample.tasks)),
        frames_per_video=frames_per_video,
    )


def estimate_training(stages: Sequence[Stage], trial: TrainingTrial, epoch: EpochEstimate) -> TrainingEstimate:
    """All epochs of all stages, each as long as `epoch`, though those of a frozen backbone are shorter."""
    epochs = sum(stage.epochs for stage in stages)
    beside = _RUN_SECONDS + len(stages) * _STAGE_SECONDS + epoch.validation_seconds
    beside += trial.start_seconds + (len(stages) - 1) * trial.compile_seconds
    total = beside + epochs * epoch.seconds.value
    off = epochs * (epoch.seconds.high - epoch.seconds.value) / total  # what is wrong of one epoch is so of all
    seconds = Interval.around(total, off, _START_SHARE * beside / total)
    return TrainingEstimate(seconds, epochs, len(stages), epoch.frames_per_video)


def list_lacking_splits(sample: TaskSample, made: SampleDataset) -> list[str]:
    """Those of "training" and "validation" of which no frame of the sample stays."""
    found = [sum(_count_frames(task, made, val, None) for task in sample.tasks) for val in (False, True)]
    return [name for name, frames in zip(("training", "validation"), found, strict=True) if not frames]


def find_training_limit(trial: TrainingTrial) -> str:
    """What training waits for: "input", or the "gpu" or "cpu" that computes."""
    return "input" if trial.waiting > _WAITING else trial.kind


def _judge_seconds(trial: TrainingTrial) -> float:
    """Seconds of one picture of validation: a third of the work of a step, on a larger picture, behind the same input.

    On a CPU input and network take turns on the same cores; beside a GPU they work at once.
    """
    read = 1 / trial.input
    forward = max(0.0, 1 / trial.training - (read if trial.kind == "cpu" else 0)) / 3 * trial.forward_pixels
    return read + forward if trial.kind == "cpu" else max(read, forward)


def _find_queued_share(sample: TaskSample) -> float:
    """The share of their time for which sampled tasks waited for a core."""
    return sum(task.queued for task in sample.tasks) / sum(task.seconds for task in sample.tasks)


def _count_kept(task: TaskTiming) -> int:
    return sum(video.kept for video in task.summary.videos)


def _count_frames(task: TaskTiming, made: SampleDataset, val: bool, most: int | None) -> float:
    """Staying frames of a task's videos that are to be expected in one split; at most so many of each video."""
    staying = [made.videos[video.name] for video in task.summary.videos if video.kept]
    return sum(
        (video.val_share if val else 1 - video.val_share) * (video.frames if most is None else min(most, video.frames))
        for video in staying
    )


def describe_estimate(estimate: RunEstimate | EpochEstimate | TrainingEstimate) -> dict[str, Any]:
    """As JSON has it."""
    return estimate._asdict() | {"seconds": estimate.seconds._asdict()}
