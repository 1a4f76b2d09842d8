"""TFRecord framing: length, its CRC, the record, its CRC (the masked CRC-32C of TensorFlow's record writer).

Our own few lines instead of tf.io's, because a record's place in its file is part of the manifest, a damaged record
has to be named by its offset, and looking into a dataset should not wait for TensorFlow to start.
"""

import os
import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

import google_crc32c

_LENGTH = struct.Struct("<Q")
_CHECK = struct.Struct("<I")
OVERHEAD = 2 * _CHECK.size + _LENGTH.size  # bytes that framing adds to a record


class PackedRecord(NamedTuple):
    """A record and where it lies: `offset` and `length` in bytes are those of the whole frame."""

    offset: int
    length: int
    record: bytes


class DamagedRecord(Exception):
    """A frame whose CRC does not fit, or that the file's end cuts off; `offset` is where the frame begins."""

    def __init__(self, offset: int, what: str):
        super().__init__(f"offset {offset}: {what}")
        self.offset = offset


def pack_record(record: bytes) -> bytes:
    """A record as it stands in a TFRecord file."""
    length = _LENGTH.pack(len(record))
    return b"".join((length, _mask(length), record, _mask(record)))


def iterate_records(file: BinaryIO) -> Iterator[PackedRecord]:
    """Every record of an open TFRecord file, in order, each checked against its CRCs.

    Raises DamagedRecord at the first frame that is not as it was written; no more memory is asked for than the file
    has bytes.
    """
    start = file.tell()
    left, offset = file.seek(0, os.SEEK_END) - start, 0
    file.seek(start)
    while head := file.read(_LENGTH.size + _CHECK.size):
        if len(head) < _LENGTH.size + _CHECK.size or _mask(head[: _LENGTH.size]) != head[_LENGTH.size :]:
            raise DamagedRecord(offset, "the record's length does not fit its checksum")
        size = _LENGTH.unpack_from(head)[0]
        if offset + size + OVERHEAD > left:
            raise DamagedRecord(offset, "the file ends within the record")
        body = file.read(size + _CHECK.size)
        record = body[:size]
        if _mask(record) != body[size:]:
            raise DamagedRecord(offset, "the record does not fit its checksum")
        yield PackedRecord(offset, size + OVERHEAD, record)
        offset += size + OVERHEAD


def read_record_at(file: BinaryIO, offset: int) -> bytes:
    """The record whose frame begins at `offset` (the manifest's column).

    Raises DamagedRecord where there is no whole frame, at the file's end too.
    """
    if offset < 0:
        raise DamagedRecord(offset, "lies before the file")
    file.seek(offset)
    try:
        framed = next(iterate_records(file), None)
    except DamagedRecord as damage:
        raise DamagedRecord(offset + damage.offset, str(damage).split(": ", 1)[1]) from None
    if framed is None:
        raise DamagedRecord(offset, "the file ends before the record")
    return framed.record


def _mask(data: bytes) -> bytes:
    crc = google_crc32c.value(data)
    return _CHECK.pack((((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF)
