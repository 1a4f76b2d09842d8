"""The archives of a delivery: zips, zips in pieces, and tars that hold either, as they were found in a folder.

An archive stands for a folder: what lies in CAT/ARCH.zip is named as if it lay in CAT/ARCH/. A tar stands for the
folder that it lies in, as if it had been unpacked there. So the same archive may be there twice, for instance inside
download.tar and beside it: the first that is whole is read, a file before its pieces, both before a tar's. Pieces that
lie in several places, some in a tar and some beside it, are joined from all of them.
"""

import os
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from preprocess.archives.byte_source import ByteSource, FilePath, name_path, open_whole
from preprocess.archives.member_names import decode_member_name, is_inside
from preprocess.archives.pieces import PIECE, Piece, find_text_order, join_pieces, merge_pieces
from preprocess.archives.tar_listing import list_tar
from preprocess.archives.zip_directory import DamagedArchive, MissingEnd, find_directory
from preprocess.sources.path_names import is_ignored_name
from shards.storage.files import IrregularFile

ARCHIVE_NAME = re.compile(rb".+\.(zip|tar|zip\.part\d{1,18})", re.IGNORECASE | re.DOTALL)
UNREADABLE = (FileNotFoundError, PermissionError, IrregularFile)  # what trying again does not help
_SHOWN_NAMES = 5  # in a message


class ArchiveFile(NamedTuple):
    """A file that is called like an archive, or like a piece of one."""

    source: int  # number of the source that it was found in
    relative: str  # to the source, as the manifest writes it
    path: FilePath  # absolute


class Archive(NamedTuple):
    """A zip, wherever its bytes lie."""

    source: int
    relative: str  # path of the zip, or of its pieces less their numbers
    copies: tuple[ByteSource, ...]  # the best one first
    last_piece: str | None = None  # name of the last of its pieces, where it was delivered in pieces alone

    @property
    def folder(self) -> str:
        """The path of the folder that the archive stands for."""
        return self.relative[: -len(".zip")]


class Delivery(NamedTuple):
    """All archives, in a fixed order, and one line for each thing that is wrong: what, where, what to do."""

    archives: list[Archive]
    problems: list[str]
    others: list[str]  # what tars hold besides archives: nobody reads it


def open_delivery(files: Sequence[ArchiveFile]) -> Delivery:
    """Find the zips among some archive files; their own directories are not read yet.

    Raises OSError where a file cannot be read for a reason that may be temporary.
    """
    found: dict[tuple[int, str], _Copies] = defaultdict(_Copies)
    delivery = Delivery([], [], [])
    for file in sorted(files, key=lambda file: (file.source, file.relative, name_path(file.path))):
        in_tar = file.relative.lower().endswith(".tar")
        try:
            members = _list_members(file, delivery) if in_tar else [(file.relative, open_whole(file.path))]
        except UNREADABLE as error:
            delivery.problems.append(explain_unreadable(file.relative, error))
            continue
        for relative, source in members:
            found[file.source, _name_archive(relative)].add(relative, source, file.relative if in_tar else "")
    for (source, relative), copies in sorted(found.items(), key=lambda item: item[0]):
        alternatives, fault = copies.list_alternatives()
        last_piece = copies.find_last_piece()
        delivery.archives.extend(Archive(source, relative, sources, last_piece) for sources in alternatives)
        if not alternatives:
            delivery.problems.append(f"{relative}: {fault}")
    return delivery


def _match_piece(relative: str) -> re.Match[bytes] | None:
    return PIECE.fullmatch(relative.encode("utf-8", "surrogateescape"))


def _name_archive(relative: str) -> str:
    """The path of the archive that a zip is or a piece belongs to."""
    match = _match_piece(relative)
    return relative[: -len(match["start"]) - len(".part")] if match else relative


class _Copies:
    """What lies under one archive's path."""

    def __init__(self) -> None:
        self._zips: list[ByteSource] = []
        self._zips_in_tars: list[ByteSource] = []
        self._pieces: dict[str, list[Piece]] = {}  # by the tar that holds them; "" for the disk

    def add(self, relative: str, source: ByteSource, tar: str) -> None:
        """Add a zip or a piece, with the path of the tar that holds it."""
        if match := _match_piece(relative):
            piece = Piece(os.path.basename(relative), int(match["start"]), source)
            self._pieces.setdefault(tar, []).append(piece)
        else:
            (self._zips_in_tars if tar else self._zips).append(source)

    def list_alternatives(self) -> tuple[list[tuple[ByteSource, ...]], str]:
        """The archives under this path, each with its copies; and what is wrong with its pieces.

        Two zips on the disk are two archives: their names differ in Unicode's forms alone.
        """
        joined, fault = self._join_pieces() if self._pieces else ([], "")
        others = (*joined, *self._zips_in_tars)
        first, *more = self._zips or [None]
        alternatives = (first, *others) if first else others
        return [alternatives, *((one,) for one in more)] if alternatives else [], fault

    def _join_pieces(self) -> tuple[list[ByteSource], str]:
        """The pieces joined, and what is wrong with them. Where several places have some: all of them together, then
        those of each place that has all up to the archive's end.
        """
        places = [self._pieces[tar] for tar in sorted(self._pieces)]
        joined, fault = [], ""
        try:
            joined.append(join_pieces(merge_pieces(places)))
        except DamagedArchive as error:
            fault = str(error)
        for place in places if len(places) > 1 else ():
            with suppress(DamagedArchive):
                source = join_pieces(place)
                find_directory(source)
                joined += [source] if source not in joined else []
        return joined, fault

    def find_last_piece(self) -> str | None:
        """The name of the last piece, where there is nothing but pieces."""
        if self._zips or self._zips_in_tars:
            return None
        return max((piece for place in self._pieces.values() for piece in place), key=lambda piece: piece.start).name


def explain_unreadable(relative: str, error: OSError) -> str:
    """One line on an archive file that cannot be opened, and what to do."""
    return f"{relative}: it cannot be read ({error.strerror}); change its permissions, or remove it"


def explain_fault(archive: Archive, copy: ByteSource, error: DamagedArchive) -> str:
    """One line on what is wrong with an archive, and what to do."""
    if find_text_order(copy):
        order = "its pieces were joined in the order of their names as text; join them in the order of their numbers"
        return f"{archive.relative}: {order} (sort -V), or put the pieces here as they were delivered"
    if isinstance(error, MissingEnd) and archive.last_piece:
        return f"{archive.relative}: {archive.last_piece} is cut short, or pieces after it are missing; download them"
    advice = "" if ";" in str(error) else "; download it again"
    return f"{archive.relative}: {error}{advice}"


def _list_members(file: ArchiveFile, delivery: Delivery) -> list[tuple[str, ByteSource]]:
    """(path relative to the tar's source, bytes) of the zips and pieces in a tar."""
    listing = list_tar(file.path)
    named = [(decode_member_name(member.name), member.source) for member in listing.members]
    archives, others = [], []
    for name, source in named:
        if any(is_ignored_name(part) for part in name.split("/") if part != ".."):
            continue
        if not is_inside(name):
            delivery.problems.append(f"{file.relative}: {name} in it leads out of the tar; remove it")
        elif name.lower().endswith(".zip") or _match_piece(name):
            archives.append((name, source))
        else:
            others.append(name)
    if listing.fault:
        whole = _show_names([name for name, _ in archives])
        delivery.problems.append(f"{file.relative}: {listing.fault} (whole in it: {whole})")
    counts = Counter(name for name, _ in archives if not _match_piece(name))
    delivery.problems.extend(
        f"{file.relative}: it holds two members of one name: {name}; remove one of them"
        for name, count in counts.items()
        if count > 1
    )
    delivery.others.extend(f"{file.relative}: {name}" for name in others if ARCHIVE_NAME.fullmatch(name.encode()))
    if plain := [name for name in others if not ARCHIVE_NAME.fullmatch(name.encode())]:
        delivery.others.append(f"{file.relative}: {_show_names(plain)}")
    folder = os.path.dirname(file.relative)
    return [(os.path.join(folder, name), source) for name, source in archives]


def _show_names(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN_NAMES} more" if len(names) > _SHOWN_NAMES else ""
    return ", ".join(names[:_SHOWN_NAMES]) + more if names else "nothing"
