"""Writes zips as the systems of Korean users do: member names in CP949 without a flag, or in UTF-8.

zipfile writes other names than ASCII as UTF-8 only, so it cannot make such archives; it does read them, with
`metadata_encoding`. APPNOTE.TXT 6.3.10 is the format's description.
"""

import struct
import zlib
from collections.abc import Iterable
from typing import BinaryIO, NamedTuple

_LOCAL = struct.Struct("<4s5H3L2H")  # before a member's data
_ENTRY = struct.Struct("<4s6H3L5H2L")  # of a member in the central directory
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR = struct.Struct("<4sLQL")  # of the zip64 end record
_END = struct.Struct("<4s4H2LH")
_STORED, _DEFLATED, _UTF8 = 0, 8, 1 << 11
_VERSION, _VERSION64 = 20, 45
_DATE = 2021 - 1980 << 9 | 1 << 5 | 1  # the same for every member, so that the same files give the same bytes
_ARCHIVED = 0x20  # what Windows writes as a file's attributes
_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF


class ZipMember(NamedTuple):
    """A file that is to be packed. Its data must be less than 4 GiB."""

    name: bytes  # "/" between its parts
    is_utf8: bool  # the archive is to say that the name is UTF-8
    data: bytes
    is_deflated: bool = False


def encode_member_name(name: str, in_utf8: bool) -> tuple[bytes, bool]:
    """A member's name, and whether it is flagged as UTF-8: CP949 has no decomposed Hangul, for instance."""
    try:
        return name.encode("utf-8" if in_utf8 else "cp949"), in_utf8
    except UnicodeEncodeError:
        return name.encode("utf-8"), True


def write_zip(file: BinaryIO, members: Iterable[ZipMember]) -> int:
    """Write a whole zip to a new file, one member at a time; returns the number of members. Many members or more than
    4 GiB make it a zip64.
    """
    directory, count, offset = bytearray(), 0, 0
    for member in members:
        data = _deflate(member.data) if member.is_deflated else member.data
        flags, method = _UTF8 * member.is_utf8, _DEFLATED if member.is_deflated else _STORED
        facts = flags, method, 0, _DATE, zlib.crc32(member.data), len(data), len(member.data), len(member.name)
        header = _LOCAL.pack(b"PK\x03\x04", _VERSION, *facts, 0)
        file.write(header + member.name)
        file.write(data)
        directory += _encode_entry(member.name, facts, offset)
        offset += len(header) + len(member.name) + len(data)
        count += 1
    file.write(directory)
    file.write(_encode_end(count, len(directory), offset))
    return count


def _deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def _encode_entry(name: bytes, facts: tuple[int, ...], offset: int) -> bytes:
    """A member's entry in the central directory; `facts` are the fields that its own header has too."""
    extra, version = b"", _VERSION
    if offset >= _FULL32:
        extra, version, offset = struct.pack("<2HQ", 1, 8, offset), _VERSION64, _FULL32
    return _ENTRY.pack(b"PK\x01\x02", version, version, *facts, len(extra), 0, 0, 0, _ARCHIVED, offset) + name + extra


def _encode_end(count: int, length: int, start: int) -> bytes:
    """The records after a central directory of `count` entries and `length` bytes that begins at `start`."""
    end64 = b""
    if count >= _FULL16 or length >= _FULL32 or start >= _FULL32:
        rest = _END64.size - 12  # the record's length does not count its signature and itself
        end64 = _END64.pack(b"PK\x06\x06", rest, _VERSION64, _VERSION64, 0, 0, count, count, length, start)
        end64 += _LOCATOR.pack(b"PK\x06\x07", 0, start + length, 1)
    counts = min(count, _FULL16), min(count, _FULL16), min(length, _FULL32), min(start, _FULL32)
    return end64 + _END.pack(b"PK\x05\x06", 0, 0, *counts, 0)
