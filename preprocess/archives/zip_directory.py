"""A zip's central directory: which members it holds and where each lies, read in one pass without any member's data.

Our own reader beside zipfile's, for three reasons: names in CP949 without the UTF-8 flag are to be decoded as such;
an archive of a million members is to be listed in bounded memory, one member at a time; and what a hostile or damaged
directory claims is to be refused before anything is read by it. APPNOTE.TXT 6.3.10 is the format's description.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from preprocess.archives.byte_source import ByteSource, read_bytes

STORED, DEFLATED = 0, 8

END_RECORD = struct.Struct("<4s4H2LH")  # end of central directory
_LOCATOR = struct.Struct("<4sLQL")  # of the zip64 end of central directory
_END64 = struct.Struct("<4sQ2H2L4Q")
_ENTRY = struct.Struct("<4s6H3L5H2L")  # of a member in the central directory
LOCAL_HEADER = struct.Struct("<4s5H3L2H")  # before a member's data
_MOST_COMMENT = 0xFFFF
_BLOCK = 1 << 20  # bytes of the directory that are read at a time
_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF
ENCRYPTED = 1 | 1 << 6  # flags of a member: encrypted, strongly encrypted
_UTF8 = 1 << 11


class DamagedArchive(Exception):
    """What is wrong with an archive, and where in it; the message fits behind the archive's name and a colon."""


class MissingEnd(DamagedArchive):
    """The record at an archive's end is not there: the end is cut off, or it is no zip."""


class Member(NamedTuple):
    """One entry of a central directory."""

    name: bytes  # as it is stored; "/" between its parts
    is_utf8: bool  # the archive says that the name is UTF-8
    flags: int
    method: int  # STORED, DEFLATED or another
    crc: int  # CRC-32 of its bytes once they are decompressed
    packed: int  # bytes in the archive
    size: int  # bytes once decompressed
    offset: int  # of its local header, from the archive's first byte
    entry: int  # offset of its entry in the central directory, from the archive's first byte


class Directory(NamedTuple):
    """Where a central directory lies, and how many members it lists."""

    start: int
    stop: int
    members: int
    shift: int  # bytes before the archive's first byte, as of a self-extracting one; added to all its offsets


def find_directory(source: ByteSource) -> Directory:
    """Find the central directory of a zip. Raises DamagedArchive where there is none, or its end contradicts itself."""
    size = source.size
    tail_start = max(0, size - END_RECORD.size - _MOST_COMMENT - _LOCATOR.size)
    tail = read_bytes(source, tail_start, size - tail_start)
    at = _find_end(tail)
    if at is None:
        raise MissingEnd("its end is missing, so it is cut short or no zip")
    _, disk, first_disk, _, members, length, start, _ = END_RECORD.unpack_from(tail, at)
    end = tail_start + at
    # Some writers always add a zip64 record, and some write 65,535 members without one.
    if at >= _LOCATOR.size and tail.startswith(b"PK\x06\x07", at - _LOCATOR.size):
        end, disk, first_disk, members, length, start = _read_end64(source, tail, at, tail_start)
    if disk or first_disk:
        raise DamagedArchive("it is one volume of a split zip; join its volumes first (zip -s 0)")
    shift = end - length - start
    if shift < 0:
        raise DamagedArchive("its directory would begin before its first byte, so it is cut short or damaged")
    if members * _ENTRY.size > length:
        raise DamagedArchive(f"its end tells of {members:,} members in a directory of {length:,} bytes")
    if shift and not members:
        raise DamagedArchive(f"its end tells of no member, and {shift:,} bytes lie before it")
    return Directory(end - length, end, members, shift)


def _find_end(tail: bytes) -> int | None:
    """Where the end record begins: the last signature whose comment reaches just to the end of the file."""
    at = tail.rfind(b"PK\x05\x06")
    while at >= 0:
        if at + END_RECORD.size <= len(tail) and at + END_RECORD.size + END_RECORD.unpack_from(tail, at)[-1] == len(
            tail
        ):
            return at
        at = tail.rfind(b"PK\x05\x06", 0, at)
    return None


def _read_end64(source: ByteSource, tail: bytes, at: int, tail_start: int) -> tuple[int, int, int, int, int, int]:
    """(offset of the zip64 end record, its disk, the directory's disk, members, bytes and start of the directory)."""
    stated = _LOCATOR.unpack_from(tail, at - _LOCATOR.size)[2]
    # Where other bytes lie before the zip, the stated offset is too small: then the record stands right before the
    # locator, where writers put it.
    for place in (stated, tail_start + at - _LOCATOR.size - _END64.size):
        record = read_bytes(source, place, _END64.size) if 0 <= place < source.size else b""
        if len(record) == _END64.size and record.startswith(b"PK\x06\x06"):
            disk, first_disk, _, members, length, start = _END64.unpack(record)[4:]
            return place, disk, first_disk, members, length, start
    raise DamagedArchive("its zip64 end record is damaged")


def iterate_members(source: ByteSource, directory: Directory, start: int = 0, stop: int = 0) -> Iterator[Member]:
    """The members that a central directory lists, in its order; with `start` and `stop` those of a part of it alone.

    `start` is the offset of an entry, `stop` the offset after one. Raises DamagedArchive where an entry is none.
    """
    place, stop = start or directory.start, stop or directory.stop
    buffer, first = b"", place  # `first` is the offset of the buffer's first byte
    while place < stop:
        if place - first + _ENTRY.size + 3 * _FULL16 > len(buffer) and first + len(buffer) < stop:
            buffer, first = read_bytes(source, place, min(max(_BLOCK, 4 * _FULL16), stop - place)), place
        member, length = _parse_entry(buffer, place - first, place, directory.shift)
        yield member
        place += length


def _parse_entry(buffer: bytes, at: int, entry: int, shift: int) -> tuple[Member, int]:
    if at + _ENTRY.size > len(buffer):
        raise DamagedArchive(f"offset {entry}: the directory ends within an entry")
    fields = _ENTRY.unpack_from(buffer, at)
    signature, _, _, flags, method, _, _, crc, packed, size, names, extras, comments, _, _, _, offset = fields
    length = _ENTRY.size + names + extras + comments
    if signature != b"PK\x01\x02" or at + length > len(buffer):
        raise DamagedArchive(f"offset {entry}: no entry of a directory")
    name = buffer[at + _ENTRY.size : at + _ENTRY.size + names]
    if _FULL32 in (packed, size, offset):
        extra = buffer[at + _ENTRY.size + names : at + _ENTRY.size + names + extras]
        size, packed, offset = _read_extra64(extra, size, packed, offset, entry)
    return Member(name, bool(flags & _UTF8), flags, method, crc, packed, size, offset + shift, entry), length


def _read_extra64(extra: bytes, size: int, packed: int, offset: int, entry: int) -> tuple[int, int, int]:
    """Size, packed size and offset, those that are full in the entry taken from its zip64 field."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        if kind == 1:
            field, values, place = extra[at + 4 : at + 4 + length], [], 0
            for value in (size, packed, offset):
                if value == _FULL32:
                    if place + 8 > len(field):
                        break
                    value = struct.unpack_from("<Q", field, place)[0]
                    place += 8
                values.append(value)
            if len(values) == 3:
                return values[0], values[1], values[2]
        at += 4 + length
    raise DamagedArchive(f"offset {entry}: an entry of a zip64 whose sizes are missing")


def check_header(source: ByteSource, member: Member) -> None:
    """Raises DamagedArchive where a member's own header is not where the directory says, or has another name."""
    header = read_bytes(source, member.offset, LOCAL_HEADER.size + len(member.name))
    if not header.startswith(b"PK\x03\x04") or header[LOCAL_HEADER.size :] != member.name:
        raise DamagedArchive(f"there is no member at offset {member.offset:,}, where its directory says")


class MemberAudit:
    """Looks, as members are listed, for what no honest archive has: overlapping data and data outside the archive.

    Keeps 16 bytes for each member.
    """

    def __init__(self, directory: Directory):
        self._directory = directory
        self._starts: list[np.ndarray] = []
        self._waiting: list[tuple[int, int]] = []

    def add(self, member: Member) -> None:
        """Raises DamagedArchive where the member would lie outside the part of the archive that holds members."""
        stop = member.offset + LOCAL_HEADER.size + len(member.name) + member.packed
        if member.offset < self._directory.shift or stop > self._directory.start:
            raise DamagedArchive(f"offset {member.entry}: a member that would reach to byte {stop}, into the directory")
        self._waiting.append((member.offset, stop))
        if len(self._waiting) >= 1 << 16:
            self._starts.append(np.array(self._waiting, np.int64))
            self._waiting = []

    def finish(self) -> None:
        """Raises DamagedArchive where two members share bytes, as those of a zip bomb do."""
        spans = np.concatenate([*self._starts, np.array(self._waiting, np.int64).reshape(-1, 2)])
        spans = spans[np.argsort(spans[:, 0], kind="stable")]
        wrong = np.flatnonzero(spans[1:, 0] < spans[:-1, 1])
        if len(wrong):
            raise DamagedArchive(f"offset {spans[wrong[0] + 1, 0]}: a member that overlaps the one before it")
