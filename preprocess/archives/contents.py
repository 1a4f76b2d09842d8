"""What is told of an archive to people: its form, its size, what it holds, and what is wrong with it."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from preprocess.archives.byte_source import ByteSource, FilePath, name_base, read_state
from preprocess.archives.delivery import Archive, ArchiveFile, Delivery
from preprocess.archives.pieces import PIECE
from preprocess.archives.zip_listing import ZipListing
from preprocess.sources.path_names import decode_name


class ArchiveContents(NamedTuple):
    """A zip, a zip in pieces, or a tar."""

    source: int  # number of the source that it was found in
    relative: str  # to the source; of pieces less their numbers
    form: str  # `zip`, `pieces`, `tar`
    size: int  # bytes
    files: int = 1  # that hold its bytes: the number of pieces
    tar: str | None = None  # name of the tar that it lies in
    copies: int = 1  # places where it lies, of which the first whole one is read
    members: int = 0  # entries of a zip's directory; of a tar its zips and pieces that can be read
    labels: int = 0
    frames: int = 0
    fault: str | None = None  # why nothing of it is read; of a tar, what is wrong with a part of it


def describe_zip(archive: Archive, listing: ZipListing) -> ArchiveContents:
    """A zip that was listed."""
    frames = sum(frames for _, frames in listing.folders)
    found = _describe_copy(archive, listing.archive)
    return found._replace(members=listing.members, labels=len(listing.files), frames=frames)


def describe_damaged_zip(archive: Archive, problem: str) -> ArchiveContents:
    """A zip of which no copy is whole; `problem` is the line that says so."""
    return _describe_copy(archive, archive.copies[0])._replace(fault=problem.removeprefix(f"{archive.relative}: "))


def _describe_copy(archive: Archive, copy: ByteSource) -> ArchiveContents:
    name, count = name_base(copy.parts[0].path) if copy.parts else b"", len(copy.parts)
    form = "pieces" if count > 1 or PIECE.fullmatch(name) else "zip"
    tar = decode_name(name) if name.lower().endswith(b".tar") else None
    return ArchiveContents(archive.source, archive.relative, form, copy.size, count, tar, len(archive.copies))


def describe_containers(files: Sequence[ArchiveFile], delivery: Delivery) -> list[ArchiveContents]:
    """The tars among some archive files, and the pieces that make no archive."""
    members: dict[FilePath, set[int]] = defaultdict(set)  # offsets by path
    for archive in delivery.archives:
        for part in (part for copy in archive.copies for part in copy.parts):
            members[part.path].add(part.offset)
    whole = {(archive.source, archive.relative) for archive in delivery.archives}
    found: list[ArchiveContents] = []
    pieces: dict[tuple[int, str], list[int]] = defaultdict(list)  # bytes by archive
    for file in files:
        base = name_base(file.path)
        match = PIECE.fullmatch(base)
        name = file.relative[: -len(match["start"]) - len(".part")] if match else file.relative
        if base.lower().endswith(b".tar"):
            counts = {"members": len(members[file.path]), "fault": _find_fault(name, delivery)}
            found.append(ArchiveContents(file.source, name, "tar", _measure(file.path), **counts))
        elif match and (file.source, name) not in whole:
            pieces[file.source, name].append(_measure(file.path))
    for (source, name), sizes in pieces.items():
        fault = _find_fault(name, delivery)
        found.append(ArchiveContents(source, name, "pieces", sum(sizes), len(sizes), fault=fault))
    return found


def _find_fault(relative: str, delivery: Delivery) -> str | None:
    start = f"{relative}: "
    return next((line.removeprefix(start) for line in delivery.problems if line.startswith(start)), None)


def _measure(path: FilePath) -> int:
    """Bytes of a file; 0 where it cannot be asked, which is a problem of its own."""
    try:
        return read_state(path).size
    except OSError:
        return 0
