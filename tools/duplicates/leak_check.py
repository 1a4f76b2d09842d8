"""Does validation share a picture with training? Every kept training frame against every kept validation frame.

By the hashes of the manifest; featureless frames, which codes cannot tell apart, by the bytes of their stored JPEGs:
equal pixels give equal JPEGs.
"""

import hashlib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from preprocess.near_duplicates.hamming_join import find_nearest
from preprocess.near_duplicates.join_limits import JOIN_LIMITS
from shards.errors import DataError
from shards.manifest import take_rows
from shards.record_reader import RecordReader
from shards.tfrecord import DamagedRecord
from tools.duplicates.hashed_frames import VAL, HashedFrames

_PLACE = ["shard", "offset"]


class Leaks(NamedTuple):
    """What was compared and what was found; places are those among the frames."""

    train: int  # kept frames of each split
    val: int
    promised: int  # bits; no training frame may be within it of a validation frame
    histogram: list[int]  # training frames by the distance to their nearest validation frame, 0 to the code's limit
    beyond: int  # training frames that have none within the limit
    pairs: np.ndarray  # (pairs, 3) training frame, validation frame, bits; all within the limit, the closest first
    featureless: int  # training frames under the detail gate that were held against validation frames
    equal: list[tuple[int, int]]  # featureless training and validation frames with the same picture
    unread: int  # featureless frames that look alike but have no stored picture to compare: a dry run
    videos: list[str]  # that have kept frames in both splits

    @property
    def near(self) -> int:
        """Training frames within the promised distance of a validation frame."""
        return int(np.count_nonzero(self.pairs[:, 2] <= self.promised))

    @property
    def found(self) -> int:
        """Training frames that should not be there, and videos in both splits."""
        return self.near + len(self.equal) + len(self.videos)


def check_leaks(folder: Path, frames: HashedFrames, settings: dict[str, Any], promised: int) -> Leaks:
    """Hold all kept training frames against all kept validation frames.

    Raises DataError where a record that has to be compared cannot be read.
    """
    clear = frames.detail >= settings["dedupe"]["min_detail"]
    is_val = frames.split == VAL
    train, val = (np.flatnonzero(frames.kept & clear & side) for side in (~is_val, is_val))
    limit = JOIN_LIMITS[frames.bits]
    near = find_nearest(frames.codes[train], frames.codes[val], limit)
    found = np.flatnonzero(near.nearest >= 0)
    found = found[np.argsort(near.distance[found], kind="stable")]
    pairs = np.stack((train[found], val[near.nearest[found]], near.distance[found].astype(np.int64)), 1)
    alike = _find_alike(frames, np.flatnonzero(frames.kept & ~clear))
    equal, unread = _compare_pictures(folder, frames, alike)
    return Leaks(
        train=int(np.count_nonzero(frames.kept & ~is_val)),
        val=int(np.count_nonzero(frames.kept & is_val)),
        promised=promised,
        histogram=np.bincount(pairs[:, 2], minlength=limit + 1).tolist(),
        beyond=len(train) - len(found),
        pairs=pairs,
        featureless=int(np.count_nonzero(frames.kept & ~clear & ~is_val)),
        equal=equal,
        unread=unread,
        videos=_find_split_videos(frames),
    )


def _find_split_videos(frames: HashedFrames) -> list[str]:
    kept = np.flatnonzero(frames.kept)
    inside = [np.unique(frames.video[kept[(frames.split[kept] == VAL) == side]]) for side in (False, True)]
    return [frames.videos[video] for video in np.intersect1d(*inside)]


def _find_alike(frames: HashedFrames, places: np.ndarray) -> np.ndarray:
    """Those of some frames whose code and detail a frame of the other split has too: only they can be equal."""
    if not len(places):
        return places
    looks = np.column_stack((frames.codes[places], frames.detail[places].astype(np.uint64)))
    _, which = np.unique(looks, axis=0, return_inverse=True)
    which, is_val = which.ravel(), frames.split[places] == VAL
    both = np.intersect1d(which[is_val], which[~is_val])
    return places[np.isin(which, both)]


def _compare_pictures(folder: Path, frames: HashedFrames, places: np.ndarray) -> tuple[list[tuple[int, int]], int]:
    """Training frames with the stored picture of a validation frame, and the number of frames without a picture."""
    rows = take_rows(folder, frames.row[places].tolist(), _PLACE)
    stored = [(place, rows[int(frames.row[place])]) for place in places]
    digests = _digest_pictures(folder, [(place, row) for place, row in stored if row["shard"] is not None])
    seen = {digest: place for place, digest in reversed(digests.items()) if frames.split[place] == VAL}
    train = [place for place in digests if frames.split[place] != VAL]
    equal = [(int(place), int(seen[digests[place]])) for place in train if digests[place] in seen]
    return equal, len(stored) - len(digests)


def _digest_pictures(folder: Path, stored: list[tuple[int, dict[str, Any]]]) -> dict[int, bytes]:
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
