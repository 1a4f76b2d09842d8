"""The manifest's frames that have a perceptual hash, with the outcome of near-duplicate removal for each.

Columns are arrays of numbers, never of strings, so that two million frames take about 0.1 GB. File names are read again
from the manifest for the few frames that are shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass

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
from shards.storage.stores.remote_path import AnyPlace

KEPT, DUPLICATE, REJECTED, UNSELECTED = range(len(STATUSES))
VAL = SPLITS.index("val")
DROP_REASONS = (*DUPLICATIONS, "label_conflict")
OUTCOMES = ("kept", *DROP_REASONS, "unselected")  # what can become of a frame with a hash
IN_VIDEO = DROP_REASONS.index("near_in_video")
ABSENT = -1  # stands for null in every column

_COLUMNS = ["video", "frame_number", "species", "emotion_inspect", "label", "split", "status", "reason"]
_COLUMNS += ["hash", "detail", "crop_size", "duplicate_of", "distance"]
_KEY = r"(?s)^(?P<video>.*)/(?P<number>-?\d+)$"


@dataclass(frozen=True)
class HashedFrames:
    """Frames with a hash, in the manifest's order. Arrays have the shape (n,) unless stated, and ABSENT for null."""

    video_names: list[str]
    species_names: list[str]
    bits: int  # of a hash
    manifest_row: np.ndarray  # int32, place in the manifest
    video: np.ndarray  # int32, place in video_names
    frame_number: np.ndarray  # int32
    species: np.ndarray  # int16, place in species_names
    mood: np.ndarray  # int8, number of the mood as annotated
    label: np.ndarray  # int8, number of the mood that training uses
    split: np.ndarray  # int8, place in SPLITS
    status: np.ndarray  # int8, place in STATUSES
    reason: np.ndarray  # int8, place in DROP_REASONS
    detail: np.ndarray  # int32
    crop_size: np.ndarray  # int32, pixels
    distance: np.ndarray  # int16, bits, to the representative
    representative: np.ndarray  # int32, place of the direct representative among the frames
    codes: np.ndarray  # uint64 (n, bits / 64), the hashes

    def __len__(self) -> int:
        return len(self.manifest_row)

    def key(self, place: int) -> str:
        return f"{self.video_names[self.video[place]]}/{self.frame_number[place]}"

    @property
    def is_kept(self) -> np.ndarray:
        """(n,) bool."""
        return self.status == KEPT

    @property
    def stays_within_video(self) -> np.ndarray:
        """(n,) bool: the frame is no near-duplicate of another frame of its video."""
        return self.reason != IN_VIDEO

    @property
    def compared_across_videos(self) -> np.ndarray:
        """(n,) bool: the frame also passed the selection and was compared with frames of other videos."""
        return self.stays_within_video & (self.status != UNSELECTED)

    def rank_order(self) -> np.ndarray:
        """Places of the frames in rank order, (n,).

        Validation before training, then more detail, then the larger crop, then the manifest's order.
        """
        return np.lexsort((-self.crop_size, -self.detail, self.split != VAL))


def check_hashes(folder: AnyPlace) -> None:
    """Raise DataError where no row of the manifest has a hash, so that nothing can be compared, or it is damaged."""
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


def read_hashed_frames(folder: AnyPlace) -> HashedFrames:
    """Read every frame of a manifest that has a hash.

    Raises DataError where the representative of a duplicate is no frame with a hash, or where the manifest is damaged.
    """
    videos, species, parts, first = _Vocabulary(), _Vocabulary(), [], 0
    with explain_manifest_errors(folder):
        for rows in read_manifest(folder, _COLUMNS):
            places = np.flatnonzero(_find_compared(rows))
            columns = _encode_columns(rows.take(pa.array(places)), videos, species)
            parts.append(columns | {"manifest_row": (first + places).astype(np.int32)})
            first += len(rows)
    columns = {name: np.concatenate([part.pop(name) for part in parts]) for name in list(parts[0])}
    columns["representative"] = _find_representatives(folder, columns, videos.names)
    return HashedFrames(videos.names, species.names, 64 * columns["codes"].shape[1], **columns)


def _find_compared(rows: pa.Table) -> np.ndarray:
    """(n,) bool: the row has a hash, and was not rejected for another reason than a label conflict."""
    conflict = pc.equal(rows["reason"], "label_conflict").fill_null(False)
    sound = pc.or_(pc.not_equal(rows["status"], "rejected"), conflict)
    return pc.and_(pc.is_valid(rows["hash"]), sound).to_numpy()


class _Vocabulary:
    """Gives names the numbers 0, 1, 2, .. in the order in which they first occur."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def encode(self, column: pa.Array) -> np.ndarray:
        """The numbers of a column of names, (n,) int32."""
        encoded = column.dictionary_encode()
        known = [self._numbers.setdefault(name, len(self._numbers)) for name in encoded.dictionary.to_pylist()]
        return np.array([*known, ABSENT], np.int32)[encoded.indices.fill_null(ABSENT).to_numpy()]

    @property
    def names(self) -> list[str]:
        return list(self._numbers)


def _encode_columns(rows: pa.Table, videos: _Vocabulary, species: _Vocabulary) -> dict[str, np.ndarray]:
    """The columns of HashedFrames for some rows; `representative` is the number of a key, see _pack_key."""
    column = {name: _join_chunks(rows[name]) for name in rows.column_names}
    encoded = {
        "video": videos.encode(column["video"]),
        "species": species.encode(column["species"]).astype(np.int16),
        "mood": _encode_moods(column["emotion_inspect"]),
        "split": _encode(column["split"], SPLITS),
        "status": _encode(column["status"], STATUSES),
        "reason": _encode(column["reason"], DROP_REASONS),
        "frame_number": column["frame_number"].to_numpy(zero_copy_only=False).astype(np.int32),
        "codes": read_codes(read_hashes(column["hash"]), 8 * column["hash"].type.byte_width),
        "representative": _encode_keys(column["duplicate_of"], videos),
    }
    for name, kind in (("label", np.int8), ("detail", np.int32), ("crop_size", np.int32), ("distance", np.int16)):
        encoded[name] = column[name].fill_null(ABSENT).to_numpy(zero_copy_only=False).astype(kind)
    return encoded


def _join_chunks(column: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(column.chunks) if column.num_chunks != 1 else column.chunk(0)


def _encode(column: pa.Array, names: Sequence[str]) -> np.ndarray:
    places = pc.index_in(column, pa.array(names, pa.string()))
    return places.fill_null(ABSENT).to_numpy(zero_copy_only=False).astype(np.int8)


def _encode_moods(column: pa.Array) -> np.ndarray:
    encoded = column.dictionary_encode()
    moods = [parse_emotion(text) for text in encoded.dictionary.to_pylist()]
    known = [ABSENT if mood is None else mood for mood in moods]
    return np.array([*known, ABSENT], np.int8)[encoded.indices.fill_null(ABSENT).to_numpy()]


def _encode_keys(column: pa.Array, videos: _Vocabulary) -> np.ndarray:
    """The numbers of a column of keys "video/frame_number", (n,) int64, see _pack_key."""
    parts = pc.extract_regex(column, _KEY)
    numbers = pc.struct_field(parts, "number").cast(pa.int32())
    found = _pack_key(videos.encode(pc.struct_field(parts, "video")), numbers.fill_null(0).to_numpy())
    return np.where(pc.is_valid(column).to_numpy(zero_copy_only=False), found, ABSENT)


def _pack_key(video: np.ndarray, frame_number: np.ndarray) -> np.ndarray:
    """A video's number and a frame_number packed into one int64, which is not negative where there is a video."""
    return (video.astype(np.int64) << 32) + (frame_number.astype(np.int64) + 2**31)


def _find_representatives(folder: AnyPlace, columns: dict[str, np.ndarray], videos: list[str]) -> np.ndarray:
    """The place among the frames of each frame's representative, (n,) int32."""
    keys, wanted = _pack_key(columns["video"], columns["frame_number"]), columns["representative"]
    order = np.argsort(keys)
    duplicates = np.flatnonzero(wanted != ABSENT)
    if not len(duplicates):
        return np.full(len(keys), ABSENT, np.int32)
    at = np.minimum(np.searchsorted(keys, wanted[duplicates], sorter=order), len(keys) - 1)
    unresolved = duplicates[keys[order[at]] != wanted[duplicates]]
    if len(unresolved):
        key = f"{videos[columns['video'][unresolved[0]]]}/{columns['frame_number'][unresolved[0]]}"
        what = f"{key} and {len(unresolved) - 1} more are duplicates of what is no frame with a hash"
        raise DataError(f"{folder / MANIFEST_FILE}: {what}; run python -m tools.verify {folder}")
    representatives = np.full(len(keys), ABSENT, np.int32)
    representatives[duplicates] = order[at]
    return representatives


def number_outcomes(frames: HashedFrames) -> np.ndarray:
    """The place of each frame's outcome in OUTCOMES, (n,) int64."""
    outcomes = np.full(len(frames), OUTCOMES.index("unselected"), np.int64)
    outcomes[frames.status == KEPT] = 0
    dropped = (frames.status == DUPLICATE) | (frames.status == REJECTED)
    outcomes[dropped] = 1 + frames.reason[dropped]
    return outcomes


def measure_distance(frames: HashedFrames, places: np.ndarray, others: np.ndarray) -> np.ndarray:
    """The Hamming distances in bits between the codes at `places` and those at `others`, (n,) int16."""
    return np.bitwise_count(frames.codes[places] ^ frames.codes[others]).sum(-1, dtype=np.int16)
