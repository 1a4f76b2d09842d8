"""A zip that was delivered in pieces: X.zip.part0, X.zip.part1073741824, .. The number is the piece's first byte."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from preprocess.archives.byte_source import ByteSource, Part, read_bytes
from preprocess.archives.zip_directory import DamagedArchive, check_header, find_directory, iterate_members

PIECE = re.compile(rb"(?P<archive>.+\.zip)\.part(?P<start>\d{1,18})", re.IGNORECASE | re.DOTALL)
_END_RECORD = b"PK\x05\x06"
_SAMPLED_HEADERS = 16
_WINDOW = 1 << 26  # bytes searched at a time


class Piece(NamedTuple):
    """One piece of an archive."""

    name: str  # as it is written down, for messages
    start: int  # its first byte in the archive, as its name says
    source: ByteSource


def join_pieces(pieces: Sequence[Piece]) -> ByteSource:
    """The archive that the pieces are, in the order of their numbers. Raises DamagedArchive where one is missing,
    doubled or does not begin where its name says.
    """
    ordered = sorted(pieces, key=lambda piece: (piece.start, piece.name))
    parts: list[Part] = []
    stop, before = 0, None
    for piece in ordered:
        if before and piece.start == before.start:
            raise DamagedArchive(f"{before.name} and {piece.name} are the same piece; remove one of them")
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


def find_text_order(source: ByteSource) -> int | None:
    """The length of the pieces that somebody joined to this archive in the order of their names as text; else None.

    As text, part10737418240 comes before part2147483648. All pieces but the last have the same length, which is not
    known. The end record belongs to the last piece, so its position leaves only a few possible lengths.
    """
    size, stop = source.size, _find_end_of_archive(source)
    if stop is None:
        return None
    lengths = {1 << 30}
    lengths |= {(size - stop) // behind for behind in range(1, 1000) if (size - stop) % behind == 0 and stop < size}
    for length in sorted(lengths, reverse=True):
        if 0 < length < size and _is_whole(sort_as_numbers(source, length)):
            return length
    return None


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
        at = read_bytes(source, start, stop - start).rfind(_END_RECORD)
        if at >= 0:
            return start + at + 22
        stop = start + len(_END_RECORD) - 1 if start else 0
    return None
