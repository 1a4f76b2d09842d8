"""A zip that was delivered in pieces: X.zip.part0, X.zip.part1073741824, .. The number is the piece's first byte."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from preprocess.archives.byte_source import ByteSource, Part, read_bytes
from preprocess.archives.zip_directory import END_RECORD, DamagedArchive, check_header, find_directory, iterate_members

PIECE = re.compile(rb"(?P<archive>.+\.zip)\.part(?P<start>\d{1,18})", re.IGNORECASE | re.DOTALL)
_SAMPLED_HEADERS = 16
_WINDOW = 1 << 26  # bytes searched at a time
_MOST_PIECES = 1000  # of an archive that was joined in text order


class Piece(NamedTuple):
    """One piece of an archive."""

    name: str  # as it is written down, for messages
    start: int  # its first byte in the archive, as its name says
    source: ByteSource


def join_pieces(pieces: Sequence[Piece]) -> ByteSource:
    """The archive that the pieces are, in the order of their numbers. Raises DamagedArchive where one is missing,
    doubled or does not begin where its name says. That the last one is missing only the archive's end can tell.
    """
    ordered = sorted(pieces, key=lambda piece: (piece.start, piece.name))
    check_doubles(ordered)
    parts: list[Part] = []
    stop, before = 0, None
    for piece in ordered:
        if piece.start > stop:
            missing = f"from byte {stop:,} to {piece.start:,}"
            after = f"after {before.name}" if before else "the first piece"
            raise DamagedArchive(f"a piece is missing or cut short: {missing} ({after}); download it again")
        if piece.start < stop:
            raise DamagedArchive(
                f"{before.name} reaches to byte {stop:,}, beyond the beginning of {piece.name}; download both again"
            )
        parts += piece.source.parts
        stop, before = stop + piece.source.size, piece
    return ByteSource(tuple(parts))


def check_doubles(ordered: Sequence[Piece]) -> None:
    """Raises DamagedArchive where two pieces have the same number. The pieces are in the order of their numbers."""
    for before, piece in pairwise(ordered):
        if piece.start == before.start:
            raise DamagedArchive(f"{before.name} and {piece.name} are the same piece; remove one of them")


def merge_pieces(places: Sequence[Sequence[Piece]]) -> list[Piece]:
    """The pieces of one archive that lie in several places, such as a folder and a tar: of each the longest, of equal
    ones that of the first place. Raises DamagedArchive where one place has a piece twice.
    """
    merged: dict[int, Piece] = {}
    for pieces in places:
        check_doubles(sorted(pieces, key=lambda piece: (piece.start, piece.name)))
        for piece in pieces:
            if piece.start not in merged or piece.source.size > merged[piece.start].source.size:
                merged[piece.start] = piece
    return list(merged.values())


def find_text_order(source: ByteSource) -> int | None:
    """The length of the pieces that somebody joined to this archive in the order of their names as text; else None.

    As text, part10737418240 comes before part2147483648. All pieces but the last have the same length, which is not
    known. The end record belongs to the last piece, so its position leaves only a few possible lengths; where it is at
    the end, round lengths are tried, such as AI Hub's 1 GiB.
    """
    size, stop = source.size, _find_end_of_archive(source)
    if stop is None:
        return None
    behind = size - stop  # bytes of whole pieces that follow the last one
    lengths = {behind // pieces for pieces in range(1, _MOST_PIECES) if behind % pieces == 0}
    lengths |= {1 << bits for bits in range(10, 41)} if not behind else {1 << 30}
    for length in sorted(lengths, reverse=True):
        if size / _MOST_PIECES < length < size and _is_whole_as_numbers(source, length):
            return length
    return None


def _is_whole_as_numbers(source: ByteSource, length: int) -> bool:
    starts = range(0, source.size, length)
    return sorted(starts, key=str) != list(starts) and _is_whole(sort_as_numbers(source, length))


def sort_as_numbers(source: ByteSource, length: int) -> ByteSource:
    """An archive that was joined in text order, its pieces of `length` bytes put back in their order."""
    starts = range(0, source.size, length)
    offsets, place = {}, 0
    for start in sorted(starts, key=str):
        offsets[start] = place
        place += min(length, source.size - start)
    parts = [part for start in starts for part in source.narrow(offsets[start], min(length, source.size - start)).parts]
    return ByteSource(tuple(parts))


def _is_whole(source: ByteSource) -> bool:
    """Whether the members that are looked at lie where the directory says."""
    try:
        directory = find_directory(source)
        step = max(1, directory.members // _SAMPLED_HEADERS)
        for number, member in enumerate(iterate_members(source, directory)):
            if number % step == 0:
                check_header(source, member)
    except DamagedArchive:
        return False
    return True


def _find_end_of_archive(source: ByteSource) -> int | None:
    """The byte after the last end record that has no comment."""
    stop = source.size
    while stop > 0:
        start = max(0, stop - _WINDOW)
        window = read_bytes(source, start, stop - start)
        at = window.rfind(b"PK\x05\x06")
        while at >= 0:
            if _is_plain_end(window[at : at + END_RECORD.size]):
                return start + at + END_RECORD.size
            at = window.rfind(b"PK\x05\x06", 0, at)
        stop = start + END_RECORD.size - 1 if start else 0  # a record may begin before the window and end in it
    return None


def _is_plain_end(record: bytes) -> bool:
    """Whether these bytes are an end record, and not data that has its signature by chance, as a gigabyte may."""
    if len(record) < END_RECORD.size:
        return False
    _, disk, first_disk, members_here, members, _, _, comment = END_RECORD.unpack(record)
    return disk in (0, 0xFFFF) and first_disk in (0, 0xFFFF) and members_here == members and not comment
