"""answers.parquet: how often each mood was answered for each validation video, for comparing runs video by video.

Two runs that answer the same videos err on much the same ones. Only what each answered for each video tells how far
their figures can differ by chance: metrics.json has the sums over all videos alone.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from shards.errors import DataError
from shards.storage.atomic_write import write_atomically
from shards.storage.places import measure_place, open_place
from shards.storage.stores.remote_path import AnyPlace
from trainer.evaluation import calibration
from trainer.evaluation.confusion import MOOD_COUNT, count_confusion_matrices
from trainer.evaluation.metrics import Predictions, average_by_video
from trainer.run_files.file_names import ANSWERS_FILE

_SCHEMA = pa.schema(
    [
        pa.field("level", pa.string(), nullable=False),  # frames, or videos by the mean of their frames
        pa.field("prior", pa.string(), nullable=False),  # equal_priors or natural_prior
        pa.field("video", pa.string(), nullable=False),
        pa.field("label", pa.int8(), nullable=False),  # the mood that is shown
        pa.field("answer", pa.int8(), nullable=False),
        pa.field("count", pa.int32(), nullable=False),  # of frames, or 1
    ]
)


class VideoAnswers(NamedTuple):
    """The answers to each validation video."""

    videos: tuple[str, ...]  # their names, in the order of the matrices
    confusions: dict[
        tuple[str, str], np.ndarray
    ]  # (level, prior) -> (videos, 6, 6) int64; rows labels, columns answers


def count_video_answers(
    predictions: Predictions, names: Sequence[str], prior: np.ndarray, temperature: float
) -> VideoAnswers:
    """Count what is answered for each video, by frames and by video, under both priors.

    Args:
        predictions: of the validation frames; their videos are indices into `names`.
        names: of the videos.
        prior: (6,) share of each mood among the training videos.
        temperature: the model's.
    """
    found = np.unique(predictions.videos)
    confusions = {}
    for level, cases in (("frames", predictions), ("videos", average_by_video(predictions))):
        groups = np.unique(cases.videos, return_inverse=True)[1]
        for name, assumed in (("equal_priors", calibration.make_equal_prior(prior)), ("natural_prior", prior)):
            answers = calibration.compute_log_probabilities(cases.logits, temperature, assumed).argmax(axis=1)
            confusions[level, name] = count_confusion_matrices(cases.labels, answers, groups)
    return VideoAnswers(tuple(names[video] for video in found.tolist()), confusions)


def write_video_answers(folder: Path, answers: VideoAnswers) -> None:
    """Write answers.parquet into a run's folder, a row for each label and answer that a video has."""
    columns: dict[str, list[Any]] = {name: [] for name in _SCHEMA.names}
    for (level, prior), matrices in answers.confusions.items():
        videos, labels, given = np.nonzero(matrices)
        columns["level"] += [level] * len(videos)
        columns["prior"] += [prior] * len(videos)
        columns["video"] += [answers.videos[video] for video in videos.tolist()]
        columns["label"] += labels.tolist()
        columns["answer"] += given.tolist()
        columns["count"] += matrices[videos, labels, given].tolist()
    with write_atomically(folder / ANSWERS_FILE) as file:
        pq.write_table(pa.table(columns, _SCHEMA), file, compression="zstd", write_page_checksum=True)


def read_video_answers(folder: AnyPlace, evaluation: dict[str, Any]) -> VideoAnswers | None:
    """answers.parquet of a run's folder; None where there is none, as in runs from before it was written.

    Raises DataError where it is damaged, or where its sums are not the confusion matrices of `evaluation`, which is
    that of metrics.json.
    """
    path = folder / ANSWERS_FILE
    if measure_place(path) is None:
        return None
    how = "delete it and metrics.json, and give the run's command again, which evaluates it anew without training"
    try:
        with open_place(path) as file:
            table = pq.read_table(file, schema=_SCHEMA, page_checksum_verification=True)
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"{path} is damaged; {how}") from error
    names, videos = np.unique(table["video"].to_numpy(zero_copy_only=False).astype(str), return_inverse=True)
    kinds = list(zip(table["level"].to_pylist(), table["prior"].to_pylist(), strict=True))
    label, answer, count = (table[name].to_numpy() for name in ("label", "answer", "count"))
    confusions = {kind: np.zeros((len(names), MOOD_COUNT, MOOD_COUNT), np.int64) for kind in dict.fromkeys(kinds)}
    for kind, matrices in confusions.items():
        rows = np.array([each == kind for each in kinds])
        matrices[videos[rows], label[rows], answer[rows]] = count[rows]
        level, prior = kind
        if matrices.sum(axis=0).tolist() != evaluation.get(level, {}).get(prior, {}).get("confusion"):
            raise DataError(f"{path} is of another evaluation than metrics.json; {how}")
    return VideoAnswers(tuple(names.tolist()), confusions)
