"""Checks that no kept training frame is a near-duplicate of a kept validation frame.

Every training frame is compared with every validation frame by the hashes in the manifest. Featureless frames, whose
hashes mean nothing, are compared by the bytes of their stored JPEGs: equal pixels were encoded to equal JPEGs.
"""

import hashlib
from typing import Any, NamedTuple

import numpy as np

from console.output.counted_nouns import format_count
from preprocess.near_duplicates.hamming_join import find_nearest
from preprocess.near_duplicates.join_limits import JOIN_LIMITS
from shards.errors import DataError
from shards.manifest import take_rows
from shards.record_reader import RecordReader
from shards.storage.stores.remote_path import AnyPlace
from shards.tfrecord import DamagedRecord
from tools.duplicates.hashed_frames import VAL, HashedFrames

_RECORD_COLUMNS = ["shard", "offset"]


class Leaks(NamedTuple):
    """What was compared and what was found. Frames are named by their places among the HashedFrames."""

    train: int  # kept training frames
    val: int  # kept validation frames
    promised: int  # bits; every training frame should be farther than this from all validation frames
    histogram: list[int]  # training frames by the distance to the nearest validation frame, 0 to the join's limit
    beyond: int  # training frames without a validation frame within the limit
    pairs: np.ndarray  # (pairs, 3) training frame, validation frame, bits; all within the limit, the closest first
    featureless: int  # featureless training frames
    equal: list[tuple[int, int]]  # featureless training and validation frames with the same stored picture
    unread: int  # featureless frames of equal hashes that have no stored picture, as after a dry run
    videos: list[str]  # names of videos with kept frames in both splits

    @property
    def near(self) -> int:
        """The number of training frames within the promised distance of a validation frame."""
        return int(np.count_nonzero(self.pairs[:, 2] <= self.promised))

    @property
    def found(self) -> int:
        """The number of all leaks: training frames that should have been dropped, and videos in both splits."""
        return self.near + len(self.equal) + len(self.videos)


def check_leaks(folder: AnyPlace, frames: HashedFrames, settings: dict[str, Any], promised: int) -> Leaks:
    """Compare all kept training frames with all kept validation frames.

    `folder` holds the manifest and the shards, `promised` is in bits. Raises DataError where a record that has to be
    compared cannot be read.
    """
    clear = frames.detail >= settings["dedupe"]["min_detail"]
    is_val = frames.split == VAL
    train, val = (np.flatnonzero(frames.is_kept & clear & side) for side in (~is_val, is_val))
    limit = JOIN_LIMITS[frames.bits]
    near = find_nearest(frames.codes[train], frames.codes[val], limit)
    found = np.flatnonzero(near.nearest >= 0)
    found = found[np.argsort(near.distance[found], kind="stable")]
    pairs = np.stack((train[found], val[near.nearest[found]], near.distance[found].astype(np.int64)), 1)
    candidates = _find_equal_hashes(frames, np.flatnonzero(frames.is_kept & ~clear))
    equal, unread = _compare_pictures(folder, frames, candidates)
    return Leaks(
        train=int(np.count_nonzero(frames.is_kept & ~is_val)),
        val=int(np.count_nonzero(frames.is_kept & is_val)),
        promised=promised,
        histogram=np.bincount(pairs[:, 2], minlength=limit + 1).tolist(),
        beyond=len(train) - len(found),
        pairs=pairs,
        featureless=int(np.count_nonzero(frames.is_kept & ~clear & ~is_val)),
        equal=equal,
        unread=unread,
        videos=_find_videos_of_both_splits(frames),
    )


def _find_videos_of_both_splits(frames: HashedFrames) -> list[str]:
    kept = np.flatnonzero(frames.is_kept)
    inside = [np.unique(frames.video[kept[(frames.split[kept] == VAL) == side]]) for side in (False, True)]
    return [frames.video_names[video] for video in np.intersect1d(*inside)]


def _find_equal_hashes(frames: HashedFrames, places: np.ndarray) -> np.ndarray:
    """Places of the frames that share hash and detail with one of the other split; no others can have equal pixels."""
    if not len(places):
        return places
    features = np.column_stack((frames.codes[places], frames.detail[places].astype(np.uint64)))
    _, numbers = np.unique(features, axis=0, return_inverse=True)
    numbers, is_val = numbers.ravel(), frames.split[places] == VAL
    shared = np.intersect1d(numbers[is_val], numbers[~is_val])
    return places[np.isin(numbers, shared)]


def _compare_pictures(folder: AnyPlace, frames: HashedFrames, places: np.ndarray) -> tuple[list[tuple[int, int]], int]:
    """Pairs of a training and a validation frame with equal JPEGs, and the number of frames without a stored one."""
    rows = take_rows(folder, frames.manifest_row[places].tolist(), _RECORD_COLUMNS)
    stored = [(place, rows[int(frames.manifest_row[place])]) for place in places]
    digests = _digest_pictures(folder, [(place, row) for place, row in stored if row["shard"] is not None])
    seen = {digest: place for place, digest in reversed(digests.items()) if frames.split[place] == VAL}
    train = [place for place in digests if frames.split[place] != VAL]
    equal = [(int(place), int(seen[digests[place]])) for place in train if digests[place] in seen]
    return equal, len(stored) - len(digests)


def _digest_pictures(folder: AnyPlace, stored: list[tuple[int, dict[str, Any]]]) -> dict[int, bytes]:
    """A digest of each stored JPEG, by the frame's place, in the order of the frames; shards are read forward."""
    digests: dict[int, bytes] = {}
    stored = sorted(stored, key=lambda item: (item[1]["shard"], item[1]["offset"]))
    with RecordReader(folder) as reader:
        for place, row in stored:
            try:
                image = reader.read_image(row["shard"], row["offset"])
            except (OSError, DamagedRecord) as error:
                raise DataError(f"{folder / row['shard']}: {error}; run python -m tools.verify {folder}") from error
            digests[place] = hashlib.blake2b(image, digest_size=16).digest()
    return dict(sorted(digests.items()))


def explain_leaks(leaks: Leaks, frames: HashedFrames, folder: AnyPlace) -> str:
    """One line that names each kind of leak with an example."""
    parts = []
    if leaks.near:
        train, val, bits = leaks.pairs[0].tolist()
        closest = f"the nearest: {frames.key(train)} is {format_count(bits, 'bit')} from {frames.key(val)}"
        what = f"{format_count(leaks.near, 'training frame')} within {leaks.promised} bits of a validation frame"
        parts.append(f"{what} ({closest})")
    if leaks.equal:
        train, val = leaks.equal[0]
        keys = f"{frames.key(train)} is {frames.key(val)}"
        parts.append(f"{format_count(len(leaks.equal), 'featureless frame')} of training equal to one ({keys})")
    if leaks.videos:
        parts.append(f"{format_count(len(leaks.videos), 'video')} in both splits ({leaks.videos[0]})")
    return f"{folder}: {'; '.join(parts)}; make the dataset again with python -m preprocess"
