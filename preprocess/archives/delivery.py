"""The archives of a delivery: zips, zips in pieces, and tars that hold either, as they were found in a folder.

An archive stands for a folder: what lies in CAT/ARCH.zip is named as if it lay in CAT/ARCH/. A tar stands for the
folder that it lies in, as if it had been unpacked there. So the same archive may be there twice, for instance inside
download.tar and beside it: the first that is whole is read, a file before its pieces, both before a tar's.
"""

import os
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from preprocess.archives.byte_source import ByteSource, Part
from preprocess.archives.member_names import decode_member_name, is_inside
from preprocess.archives.pieces import PIECE, Piece, find_text_order, join_pieces
from preprocess.archives.tar_listing import list_tar
from preprocess.archives.zip_directory import DamagedArchive

ARCHIVE_NAME = re.compile(rb".+\.(zip|tar|zip\.part\d{1,18})", re.IGNORECASE | re.DOTALL)


class ArchiveFile(NamedTuple):
    """A file that is called like an archive, or like a piece of one."""

    source: int  # number of the source that it was found in
    relative: str  # to the source, as the manifest writes it
    path: bytes  # absolute


class Archive(NamedTuple):
    """A zip, wherever its bytes lie."""

    source: int
    relative: str  # path of the zip, or of its pieces less their numbers
    copies: tuple[ByteSource, ...]  # the best one first

    @property
    def folder(self) -> str:
        """The path of the folder that the archive stands for."""
        return self.relative[: -len(".zip")]


class Delivery(NamedTuple):
    """All archives, in a fixed order, and one line for each thing that is wrong: what, where, what to do."""

    archives: list[Archive]
    problems: list[str]
    others: list[str]  # files of tars that are no archives: nobody reads them


def open_delivery(files: Sequence[ArchiveFile]) -> Delivery:
    """Find the zips among some archive files; their own directories are not read yet.

    Raises OSError where a tar cannot be read for a reason that may be temporary.
    """
    found: dict[tuple[int, str], _Copies] = defaultdict(_Copies)
    problems: list[str] = []
    others: list[str] = []
    for file in sorted(files, key=lambda file: (file.source, file.relative, file.path)):
        in_tar = file.relative.lower().endswith(".tar")
        members = _list_members(file, problems) if in_tar else [(file.relative, _open_whole(file.path))]
        for relative, source in members:
            if match := PIECE.fullmatch(relative.encode("utf-8", "surrogateescape")):
                copies = found[file.source, relative[: -len(match["start"]) - len(".part")]]
                pieces = copies.pieces_in_tars if in_tar else copies.pieces
                pieces.append(Piece(os.path.basename(relative), int(match["start"]), source))
            elif relative.lower().endswith(".zip"):
                copies = found[file.source, relative]
                (copies.zips_in_tars if in_tar else copies.zips).append(source)
            else:
                others.append(f"{file.relative}: {relative}")
    archives: list[Archive] = []
    for (source, relative), copies in sorted(found.items(), key=lambda item: item[0]):
        faults = _join_all_pieces(relative, copies)
        archives += [Archive(source, relative, alternatives) for alternatives in _list_alternatives(copies)]
        problems += [] if copies.zips or copies.joined else faults
    return Delivery(archives, problems, others)


class _Copies:
    """What lies under one archive's path."""

    def __init__(self) -> None:
        self.zips: list[ByteSource] = []
        self.zips_in_tars: list[ByteSource] = []
        self.pieces: list[Piece] = []
        self.pieces_in_tars: list[Piece] = []
        self.joined: list[ByteSource] = []


def _join_all_pieces(relative: str, copies: _Copies) -> list[str]:
    """Join the pieces on the disk and those in tars, each by themselves; returns what is wrong with them."""
    faults = []
    for pieces in filter(None, (copies.pieces, copies.pieces_in_tars)):
        try:
            copies.joined.append(join_pieces(pieces))
        except DamagedArchive as error:
            faults.append(f"{relative}: {error}")
    return faults


def _list_alternatives(copies: _Copies) -> list[tuple[ByteSource, ...]]:
    """The archives under one path, each with its copies. Two files on the disk are two archives: their names differ in
    Unicode's forms alone.
    """
    others = (*copies.joined, *copies.zips_in_tars)
    first, *more = copies.zips or [None]
    alternatives = (first, *others) if first else others
    return [alternatives, *((one,) for one in more)] if alternatives else []


def explain_fault(archive: Archive, copy: ByteSource, error: DamagedArchive) -> str:
    """One line on what is wrong with an archive, and what to do."""
    if find_text_order(copy):
        order = "its pieces were joined in the order of their names as text; join them in the order of their numbers"
        return f"{archive.relative}: {order} (sort -V), or put the pieces here as they were delivered"
    advice = "" if ";" in str(error) else "; download it again"
    return f"{archive.relative}: {error}{advice}"


def _open_whole(path: bytes) -> ByteSource:
    return ByteSource((Part(path, 0, os.path.getsize(path)),))


def _list_members(file: ArchiveFile, problems: list[str]) -> Iterator[tuple[str, ByteSource]]:
    listing = list_tar(file.path)
    found = [(decode_member_name(member.name), member.source) for member in listing.members]
    if listing.fault:
        whole = ", ".join(name for name, _ in found[:5]) + (" .." if len(found) > 5 else "") or "nothing"
        problems.append(f"{file.relative}: {listing.fault} (whole in it: {whole})")
    folder = os.path.dirname(file.relative)
    for name, source in found:
        if is_inside(name.removeprefix("./")):
            yield os.path.join(folder, name.removeprefix("./")), source
        else:
            problems.append(f"{file.relative}: {name} in it leads out of the tar; remove it")
