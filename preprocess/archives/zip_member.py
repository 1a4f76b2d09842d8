"""The bytes of one member of a zip, held against the CRC-32 that the archive states."""

import zlib
from typing import NamedTuple

from preprocess.archives.byte_source import ByteSource, read_bytes
from preprocess.archives.zip_directory import DEFLATED, LOCAL_HEADER, STORED

MOST_BYTES = 256 << 20  # of a member once decompressed: no label and no frame comes near, and no bomb gets past


class DamagedMember(Exception):
    """Why a member's bytes are not those that were packed."""


class MemberPlace(NamedTuple):
    """All that reading a member takes; small, because each frame has one."""

    offset: int  # of its local header, from the archive's first byte
    method: int
    crc: int
    packed: int  # bytes in the archive
    size: int  # bytes once decompressed


def read_member(source: ByteSource, place: MemberPlace) -> bytes:
    """A member's bytes. Raises DamagedMember where they are not what was packed, OSError as a file would."""
    if max(place.size, place.packed) > MOST_BYTES:
        raise DamagedMember(f"states {max(place.size, place.packed):,} bytes, more than {MOST_BYTES:,}")
    # Two reads: only the header says how long its extra field is, and bytes that need not be cut out of a longer block
    # need not be copied either.
    header = read_bytes(source, place.offset, LOCAL_HEADER.size)
    if len(header) < LOCAL_HEADER.size or not header.startswith(b"PK\x03\x04"):
        raise DamagedMember(f"there is no member at offset {place.offset}")
    start = place.offset + LOCAL_HEADER.size + sum(LOCAL_HEADER.unpack(header)[9:11])
    packed = read_bytes(source, start, place.packed)
    if len(packed) < place.packed:
        raise DamagedMember(f"the archive ends within the member at offset {place.offset}")
    found = _decompress(packed, place)
    if len(found) != place.size:
        raise DamagedMember(f"has {len(found):,} bytes instead of the {place.size:,} that the archive states")
    if zlib.crc32(found) != place.crc:
        raise DamagedMember("does not fit the checksum in its archive")
    return found


def _decompress(packed: bytes, place: MemberPlace) -> bytes:
    if place.method == STORED:
        return packed
    if place.method != DEFLATED:
        raise DamagedMember(f"is packed by method {place.method}; only stored and deflated members can be read")
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        found = inflater.decompress(packed, place.size + 1)
    except zlib.error as error:
        raise DamagedMember(f"cannot be decompressed ({error})") from error
    return found
