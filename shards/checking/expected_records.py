"""All bytes of a shard by the manifest's rows, but pictures and records' CRCs: what records are compared with at once.

Bytes that are as expected hold the expected values; others may still hold them, so records that differ here are to be
decoded.
"""

from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shards.crop_geometry import BoxEdges
from shards.record import encode_record
from shards.record_fields import FIELDS, FRAME_FIELDS
from shards.tfrecord import OVERHEAD, pack_length

_PICTURE = "image"
_MOST_SIZE_BYTES = 4  # that protobuf writes a size in: up to 256 MB


class ExpectedRecords(NamedTuple):
    """What the records of a shard are to be, in the order of the file."""

    places: np.ndarray  # offset and length of each with its framing, int64 (records, 2)
    heads: pa.BinaryArray  # the bytes in front of the picture, those of the framing included
    behind: pa.BinaryArray  # the bytes between the picture and the record's CRC
    sizes: np.ndarray  # width and height of the pictures, int64 (records, 2)

    def slice(self, start: int, stop: int) -> "ExpectedRecords":
        return ExpectedRecords(*(column[start:stop] for column in self))


def expect_crops(places: np.ndarray, rows: pa.Table, side: int) -> ExpectedRecords | None:
    """The records of crops; None where one cannot have its length.

    `places` are as above, `rows` the manifest's, with all fields of a record but the picture.
    """
    before, behind = (
        _join(len(rows), *(_encode_column(name, rows[name].combine_chunks()) for name in names))
        for names in _part_names(FIELDS)
    )
    return _expect(places, before, behind, np.full((len(rows), 2), side))


def expect_whole_frames(places: np.ndarray, stated: list[dict[str, Any]]) -> ExpectedRecords | None:
    """The same for whole frames; `stated` are their fields by name, without the picture."""
    before, behind = (
        pa.array([_encode_fields({name: row[name] for name in names}, FRAME_FIELDS) for row in stated], pa.binary())
        for names in _part_names(FRAME_FIELDS)
    )
    sizes = np.array([(row["width"], row["height"]) for row in stated]).reshape(-1, 2)
    return _expect(places, before, behind, sizes)


def _expect(
    places: np.ndarray, before: pa.BinaryArray, behind: pa.BinaryArray, sizes: np.ndarray
) -> ExpectedRecords | None:
    """What is around pictures that take what the other fields leave of a record.

    A picture lies in messages in one another, each with a tag and its size: Features, FeatureEntry with the field's
    name, Feature, BytesList, and the bytes themselves.
    """
    lengths = places[:, 1] - OVERHEAD
    if (lengths < 0).any() or (lengths >> 7 * _MOST_SIZE_BYTES).any():
        return None
    features = _unwrap(lengths)
    entry = _unwrap(features - measure_parts(before) - measure_parts(behind))
    key = encode_name(_PICTURE)
    feature = _unwrap(entry - len(key))
    values = _unwrap(feature)
    picture = _unwrap(values)
    if (picture < 0).any():
        return None
    distinct, indices = np.unique(lengths, return_inverse=True)
    framing = pa.array(map(pack_length, distinct.tolist()), pa.binary()).take(pa.array(indices))
    heads = _join(
        len(places),
        *(framing, b"\x0a", _encode_sizes(features), before, b"\x0a", _encode_sizes(entry), key),
        *(b"\x12", _encode_sizes(feature), b"\x0a", _encode_sizes(values), b"\x0a", _encode_sizes(picture)),
    )
    return ExpectedRecords(places, heads, behind, sizes)


def encode_name(name: str) -> bytes:
    """The key of a field of this name, of fewer than 128 bytes, in its entry."""
    return b"\x0a" + bytes([len(name)]) + name.encode()


def measure_parts(parts: pa.BinaryArray) -> np.ndarray:
    """The number of bytes of each, int64."""
    return pc.binary_length(parts).to_numpy(zero_copy_only=False).astype(np.int64)


def _unwrap(totals: np.ndarray) -> np.ndarray:
    """The sizes of what takes so many bytes together with a tag and its size; -1 where nothing does."""
    found = np.full(len(totals), -1)
    for width in range(1, _MOST_SIZE_BYTES + 1):
        sizes = totals - 1 - width
        found = np.where((sizes >= 0) & (_count_size_bytes(sizes) == width), sizes, found)
    return found


def _count_size_bytes(sizes: np.ndarray) -> np.ndarray:
    return 1 + sum((sizes >= 1 << 7 * width).astype(np.int64) for width in range(1, _MOST_SIZE_BYTES))


def _encode_sizes(sizes: np.ndarray) -> pa.BinaryArray:
    """Sizes as protobuf writes them: 7 bits a byte, the lowest first, the highest bit set in all bytes but the last."""
    places, widths = np.arange(_MOST_SIZE_BYTES), _count_size_bytes(sizes)[:, None]
    parts = (sizes[:, None] >> 7 * places) & 0x7F | np.where(places + 1 < widths, 0x80, 0)
    offsets = np.concatenate(([0], np.cumsum(widths))).astype(np.int32)
    encoded = parts.astype(np.uint8)[places < widths]
    return pa.BinaryArray.from_buffers(pa.binary(), len(sizes), [None, pa.py_buffer(offsets), pa.py_buffer(encoded)])


@cache
def _list_order(kind: tuple[tuple[str, type], ...]) -> list[str]:
    """The fields in the order of protobuf's deterministic form: by name, but behind the names that begin with it."""
    samples = {bytes: b"", str: "", int: 0, BoxEdges: BoxEdges(0, 0, 1, 1)}
    encoded = encode_record({name: samples[type_] for name, type_ in kind}, dict(kind))
    return sorted(dict(kind), key=lambda name: encoded.index(encode_name(name)))


def _part_names(fields: dict[str, type]) -> tuple[list[str], list[str]]:
    """The names of the fields in front of the picture, and of those behind it, in their order."""
    names = _list_order(tuple(fields.items()))
    return names[: names.index(_PICTURE)], names[names.index(_PICTURE) + 1 :]


def _encode_fields(values: dict[str, Any], fields: dict[str, type] = FIELDS) -> bytes:
    """The bytes of fields, without the tag and the size in front of all."""
    encoded = encode_record(values, fields)
    last = next((place for place in range(1, len(encoded)) if encoded[place] < 0x80), 0)
    return encoded[last + 1 :]


def _encode_column(name: str, column: pa.Array) -> pa.Array:
    """The bytes of one field, (rows,) binary; none where the manifest states no value."""
    if name == "species":
        column = column.cast(pa.string()).fill_null("")  # a record always has it
    if name == "key":  # another in each row: by length what is in front of it, then the key itself
        lengths = pc.binary_length(column).dictionary_encode()
        fillings = ["x" * length for length in lengths.dictionary.to_pylist()]
        fronts = [_encode_fields({name: text}).removesuffix(text.encode()) for text in fillings]
        return _join(len(column), pa.array(fronts, pa.binary()).take(lengths.indices), column.cast(pa.binary()))
    coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    encoded = pa.array([_encode_fields({name: value}) for value in coded.dictionary.to_pylist()], pa.binary())
    return encoded.take(coded.indices).fill_null(b"")


def _join(count: int, *parts: pa.Array | bytes) -> pa.BinaryArray:
    """The parts of each row one behind the other; bytes are the same in all rows."""
    if not parts:
        return pa.array([b""] * count, pa.binary())
    scalars = [pa.scalar(part, pa.binary()) if isinstance(part, bytes) else part for part in parts]
    return pc.binary_join_element_wise(*scalars, pa.scalar(b"", pa.binary()))
