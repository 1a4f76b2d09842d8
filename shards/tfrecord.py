"""The TFRecord file format: each record is framed by its length, the length's CRC, and its own CRC behind it.

The CRC is TensorFlow's masked CRC-32C. This module is used instead of tf.io because the manifest states the offset of
every record, errors have to name the offset of a damaged one, and TensorFlow takes seconds to import.
"""

import os
import struct
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

import google_crc32c

_LENGTH = struct.Struct("<Q")
_CRC = struct.Struct("<I")
CRC_SIZE = _CRC.size  # bytes behind a record
HEAD_SIZE = _LENGTH.size + _CRC.size  # bytes in front of it
OVERHEAD = HEAD_SIZE + CRC_SIZE  # bytes that framing adds to a record


class PackedRecord(NamedTuple):
    """A record and the position of its frame in the file, in bytes; `length` includes the framing."""

    offset: int
    length: int
    record: bytes


class DamagedRecord(Exception):
    """A record that is not as it was written, or is cut off. `offset` is where its frame begins in the file."""

    def __init__(self, offset: int, reason: str):
        super().__init__(f"offset {offset}: {reason}")
        self.offset = offset


def pack_record(record: bytes) -> bytes:
    """Return a record with its framing, as it is written to a TFRecord file."""
    return b"".join((pack_length(len(record)), record, _masked_crc(record)))


def pack_length(length: int) -> bytes:
    """What is in front of a record of so many bytes."""
    packed = _LENGTH.pack(length)
    return packed + _masked_crc(packed)


def iterate_records(file: BinaryIO) -> Iterator[PackedRecord]:
    """Yield the records of a TFRecord file from its current position on, and check their CRCs.

    Raises DamagedRecord at the first damaged record. A damaged length never makes it allocate more memory than the file
    has bytes.
    """
    offset = file.tell()
    end = file.seek(0, os.SEEK_END)
    file.seek(offset)
    while head := file.read(_LENGTH.size + _CRC.size):
        if len(head) < _LENGTH.size + _CRC.size or _masked_crc(head[: _LENGTH.size]) != head[_LENGTH.size :]:
            raise DamagedRecord(offset, "the record's length does not fit its checksum")
        size = _LENGTH.unpack_from(head)[0]
        if offset + size + OVERHEAD > end:
            raise DamagedRecord(offset, "the file ends within the record")
        body = file.read(size + _CRC.size)
        record = body[:size]
        if _masked_crc(record) != body[size:]:
            raise DamagedRecord(offset, "the record does not fit its checksum")
        yield PackedRecord(offset, size + OVERHEAD, record)
        offset += size + OVERHEAD


def read_record_at(file: BinaryIO, offset: int) -> bytes:
    """Return the record whose frame begins at `offset`, as the manifest states it. Raises DamagedRecord."""
    if offset < 0:
        raise DamagedRecord(offset, "lies before the file")
    file.seek(offset)
    found = next(iterate_records(file), None)
    if found is None:
        raise DamagedRecord(offset, "the file ends before the record")
    return found.record


def mask_crc(crc: Any) -> Any:
    """TensorFlow's masked form of a CRC-32C, or of an array of them, uint32."""
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def _masked_crc(data: bytes) -> bytes:
    return _CRC.pack(mask_crc(google_crc32c.value(data)))
