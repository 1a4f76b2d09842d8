"""How many frames of each video an epoch takes, and which.

With `frames_per_video` an epoch takes at most that many frames of each video, and the next epoch takes others: frames
of one video are near-duplicates, so an epoch of all of them would repeat itself.
"""

import numpy as np
import tensorflow as tf

from trainer.input.batch_decoding import parse_records


def count_epoch_frames(video_counts: np.ndarray, frames_per_video: int | None) -> int:
    """Count the frames of an epoch.

    Args:
        video_counts: (videos,), the frames of each video.
        frames_per_video: the most that an epoch takes of each; None for all.
    """
    if frames_per_video is None:
        return int(video_counts.sum())
    return int(np.minimum(video_counts, frames_per_video).sum())


def select_epoch_frames(records: tf.Tensor, frames_per_video: int, epoch: int) -> tf.Tensor:
    """Keep those of the serialised records (n,) that an epoch takes; no picture is decoded.

    Each record holds its number in a random order of its video's frames (`video_index`) and how many there are
    (`video_count`). An epoch takes the next `frames_per_video` of that order, from the start again after the end.
    """
    index, count = parse_records(records, "video_index", "video_count")
    return tf.boolean_mask(records, tf.math.floormod(index - epoch * frames_per_video, count) < frames_per_video)
