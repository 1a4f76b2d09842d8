"""The manifest's frames that have a hash, and what became of each.

Two million frames are about 0.1 GB here: numbers alone, never a string for each of them. Names and files are read again
for the few that are shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from preprocess.near_duplicates.hamming_join import read_codes
from shards.emotions import parse_emotion
from shards.errors import DataError
from shards.manifest import (
    DUPLICATIONS,
    MANIFEST_FILE,
    SPLITS,
    STATUSES,
    explain_manifest_errors,
    open_manifest,
    read_hashes,
    read_manifest,
)

KEPT, DUPLICATE, REJECTED, UNSELECTED = range(len(STATUSES))
VAL = SPLITS.index("val")
DROP_REASONS = (*DUPLICATIONS, "label_conflict")
OUTCOMES = ("kept", *DROP_REASONS, "unselected")  # of a frame that has a hash
IN_VIDEO = DROP_REASONS.index("near_in_video")
ABSENT = -1  # in place of a name, a number or a representative that is not there

_COLUMNS = ["video", "frame_number", "species", "emotion_inspect", "label", "split", "status", "reason"]
_COLUMNS += ["hash", "detail", "crop_size", "duplicate_of", "distance"]
_KEY = r"(?s)^(?P<video>.*)/(?P<number>-?\d+)$"


@dataclass(frozen=True)
class HashedFrames:
    """Frames with a hash, in the manifest's order: arrays (n,), names by their place in a list, -1 for none."""

    videos: list[str]
    kinds: list[str]  # of species
    bits: int  # of a code
    row: np.ndarray  # int32, place in the manifest
    video: np.ndarray  # int32
    number: np.ndarray  # int32, frame_number
    species: np.ndarray  # int16
    mood: np.ndarray  # int8, as annotated; `label` is what training is told
    label: np.ndarray  # int8
    split: np.ndarray  # int8
    status: np.ndarray  # int8
    reason: np.ndarray  # int8
    detail: np.ndarray  # int32
    crop_size: np.ndarray  # int32, pixels
    distance: np.ndarray  # int16, bits, to `of`
    of: np.ndarray  # int32, place of the direct representative among the frames
    codes: np.ndarray  # uint64 (n, words)

    def __len__(self) -> int:
        return len(self.row)

    def key(self, place: int) -> str:
        return f"{self.videos[self.video[place]]}/{self.number[place]}"

    @property
    def kept(self) -> np.ndarray:
        return self.status == KEPT

    @property
    def stays_in_video(self) -> np.ndarray:
        """Frames that no other frame of their video represents."""
        return self.reason != IN_VIDEO

    @property
    def leaves_video(self) -> np.ndarray:
        """Those of them that were selected: what the stage across videos is given."""
        return self.stays_in_video & (self.status != UNSELECTED)

    def rank(self) -> np.ndarray:
        """Places in the order of the one rule: validation, then detail, then crop size, then the manifest's order."""
        return np.lexsort((-self.crop_size, -self.detail, self.split != VAL))


def check_hashes(folder: Path) -> None:
    """Raises DataError where no row of the manifest has a hash: there is nothing to compare then; or it is damaged."""
    with open_manifest(folder) as file:
        schema = file.schema_arrow
        if missing := [name for name in _COLUMNS if name not in schema.names]:
            what = f"has no column {missing[0]}"
        elif any(_has_values(file, group, schema.names.index("hash")) for group in range(file.num_row_groups)):
            return
        else:
            what = "holds no hash at all"
    raise DataError(f"{folder / MANIFEST_FILE} {what}, so near-duplicates cannot be told; make the dataset again")


def _has_values(file: pq.ParquetFile, group: int, column: int) -> bool:
    statistics = file.metadata.row_group(group).column(column).statistics
    return statistics is None or statistics.null_count < file.metadata.row_group(group).num_rows


def read_hashed_frames(folder: Path) -> HashedFrames:
    """Every frame of a manifest that has a hash.

    Raises DataError where a duplicate names a representative that has none, and where the manifest is damaged.
    """
    videos, kinds, parts, first = _Names(), _Names(), [], 0
    with explain_manifest_errors(folder):
        for rows in read_manifest(folder, _COLUMNS):
            places = np.flatnonzero(_were_compared(rows))
            found = rows.take(pa.array(places))
            parts.append(_narrow(found, videos, kinds) | {"row": (first + places).astype(np.int32)})
            first += len(rows)
    columns = {name: np.concatenate([part.pop(name) for part in parts]) for name in list(parts[0])}
    columns["of"] = _find_places(folder, columns, videos.list())
    return HashedFrames(videos.list(), kinds.list(), 64 * columns["codes"].shape[1], **columns)


def _were_compared(rows: pa.Table) -> np.ndarray:
    """Which rows have a hash and were not rejected for themselves, bool (n,)."""
    conflict = pc.equal(rows["reason"], "label_conflict").fill_null(False)
    sound = pc.or_(pc.not_equal(rows["status"], "rejected"), conflict)
    return pc.and_(pc.is_valid(rows["hash"]), sound).to_numpy()


class _Names:
    """Numbers for names, from 0, as they come."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, column: pa.Array) -> np.ndarray:
        """(n,) int32; -1 for null."""
        encoded = column.dictionary_encode()
        known = [self._numbers.setdefault(name, len(self._numbers)) for name in encoded.dictionary.to_pylist()]
        return np.array([*known, ABSENT], np.int32)[encoded.indices.fill_null(ABSENT).to_numpy()]

    def list(self) -> list[str]:
        return list(self._numbers)


def _narrow(rows: pa.Table, videos: _Names, kinds: _Names) -> dict[str, np.ndarray]:
    """The columns of Frames for some rows; `of` is not a place yet but the number of a key."""
    column = {name: _join(rows[name]) for name in rows.column_names}
    narrow = {
        "video": videos.number(column["video"]),
        "species": kinds.number(column["species"]).astype(np.int16),
        "mood": _number_moods(column["emotion_inspect"]),
        "split": _number(column["split"], SPLITS),
        "status": _number(column["status"], STATUSES),
        "reason": _number(column["reason"], DROP_REASONS),
        "number": column["frame_number"].to_numpy(zero_copy_only=False).astype(np.int32),
        "codes": read_codes(read_hashes(column["hash"]), 8 * column["hash"].type.byte_width),
        "of": _number_keys(column["duplicate_of"], videos),
    }
    for name, kind in (("label", np.int8), ("detail", np.int32), ("crop_size", np.int32), ("distance", np.int16)):
        narrow[name] = column[name].fill_null(ABSENT).to_numpy(zero_copy_only=False).astype(kind)
    return narrow


def _join(column: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(column.chunks) if column.num_chunks != 1 else column.chunk(0)


def _number(column: pa.Array, names: Sequence[str]) -> np.ndarray:
    places = pc.index_in(column, pa.array(names, pa.string()))
    return places.fill_null(ABSENT).to_numpy(zero_copy_only=False).astype(np.int8)


def _number_moods(column: pa.Array) -> np.ndarray:
    encoded = column.dictionary_encode()
    moods = [parse_emotion(text) for text in encoded.dictionary.to_pylist()]
    known = [ABSENT if mood is None else mood for mood in moods]
    return np.array([*known, ABSENT], np.int8)[encoded.indices.fill_null(ABSENT).to_numpy()]


def _number_keys(column: pa.Array, videos: _Names) -> np.ndarray:
    """(n,) int64, the number of a key video/frame_number; -1 for null."""
    parts = pc.extract_regex(column, _KEY)
    numbers = pc.struct_field(parts, "number").cast(pa.int32())
    found = _pack(videos.number(pc.struct_field(parts, "video")), numbers.fill_null(0).to_numpy())
    return np.where(pc.is_valid(column).to_numpy(zero_copy_only=False), found, ABSENT)


def _pack(video: np.ndarray, number: np.ndarray) -> np.ndarray:
    """One int64 for a video's place and a frame_number; not negative where there is a video."""
    return (video.astype(np.int64) << 32) + (number.astype(np.int64) + 2**31)


def _find_places(folder: Path, columns: dict[str, np.ndarray], videos: list[str]) -> np.ndarray:
    """(n,) int32: keys' numbers in `of` to places among the frames."""
    keys, wanted = _pack(columns["video"], columns["number"]), columns["of"]
    order = np.argsort(keys)
    duplicates = np.flatnonzero(wanted != ABSENT)
    if not len(duplicates):
        return np.full(len(keys), ABSENT, np.int32)
    at = np.minimum(np.searchsorted(keys, wanted[duplicates], sorter=order), len(keys) - 1)
    strays = duplicates[keys[order[at]] != wanted[duplicates]]
    if len(strays):
        key = f"{videos[columns['video'][strays[0]]]}/{columns['number'][strays[0]]}"
        what = f"{key} and {len(strays) - 1} more are duplicates of what is no frame with a hash"
        raise DataError(f"{folder / MANIFEST_FILE}: {what}; run python -m tools.verify {folder}")
    of = np.full(len(keys), ABSENT, np.int32)
    of[duplicates] = order[at]
    return of


def number_outcomes(frames: HashedFrames) -> np.ndarray:
    """(n,) places in OUTCOMES."""
    outcomes = np.full(len(frames), OUTCOMES.index("unselected"), np.int64)
    outcomes[frames.status == KEPT] = 0
    reasoned = (frames.status == DUPLICATE) | (frames.status == REJECTED)
    outcomes[reasoned] = 1 + frames.reason[reasoned]
    return outcomes


def measure_distance(frames: HashedFrames, places: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(n,) bits in which the codes at `places` and those at `others` differ."""
    return np.bitwise_count(frames.codes[places] ^ frames.codes[others]).sum(-1, dtype=np.int16)
