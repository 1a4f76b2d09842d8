"""AI Hub's labels and frames inside archives, found without unpacking anything.

What lies in an archive is named as if it had been unpacked into a folder with the archive's name, see
preprocess.archives.delivery.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from console.progress import show_progress
from preprocess.archives.byte_source import ByteSource
from preprocess.archives.contents import ArchiveContents, describe_containers, describe_damaged_zip, describe_zip
from preprocess.archives.delivery import (
    ARCHIVE_NAME,
    UNREADABLE,
    Archive,
    ArchiveFile,
    explain_fault,
    explain_unreadable,
    open_delivery,
)
from preprocess.archives.member_names import is_inside
from preprocess.archives.zip_directory import DamagedArchive
from preprocess.archives.zip_listing import FileKinds, ZipFolder, ZipListing, list_folder, list_zip
from preprocess.sources.data_file import ArchiveMember
from preprocess.sources.label_pairing import LabelFile
from preprocess.sources.video import FrameDirectory, ImageFile

_FRAME_NAME = re.compile(r"frame_(\d+)_timestamp_(\d+)\.jpe?g", re.IGNORECASE | re.ASCII)
_KINDS = FileKinds(
    is_wanted=lambda name: name.lower().endswith(".json"),
    is_frame=lambda name: _FRAME_NAME.fullmatch(name) is not None,
    is_archive=lambda name: ARCHIVE_NAME.fullmatch(name.encode("utf-8", "replace")) is not None,
)


class ArchiveFindings(NamedTuple):
    """What lies in archives; paths relative to their source."""

    labels: list[LabelFile]
    directories: dict[str, list[FrameDirectory]]  # by name
    unread: list[str]  # archives in archives, names that lead out of one, and other files of tars; each says why
    problems: list[str]  # one line for each archive that cannot be read
    archives: int  # that were read
    contents: list[ArchiveContents]  # of every archive, read or not


def list_aihub_archives(files: Sequence[ArchiveFile]) -> ArchiveFindings:
    """List the labels and the directories of frames in archives.

    Raises OSError where an archive cannot be read for a reason that may be temporary.
    """
    delivery = open_delivery(files)
    others = [f"{other}: no archive; unpack it to use it" for other in delivery.others]
    containers = describe_containers(files, delivery)
    found = ArchiveFindings([], defaultdict(list), others, list(delivery.problems), 0, containers)
    read = 0
    with show_progress(len(delivery.archives), "archive", is_short=True) as progress:
        for archive in delivery.archives:
            read += _add_archive(archive, found)
            progress.update()
    return found._replace(archives=read)


def list_zip_frames(directory: FrameDirectory) -> Iterator[tuple[tuple[int, int], ImageFile]]:
    """((frame number, timestamp), image) of every frame in a directory of a zip; no frame is read."""
    folder: ZipFolder = directory.path
    for member in sorted(list_folder(folder), key=lambda member: member.name):  # as the files of a folder are
        base = member.name.rpartition("/")[2]
        if match := _FRAME_NAME.fullmatch(base):
            file = ArchiveMember(folder.archive, member.place)
            # The checksum takes the place of a time of change: a copied archive is not a changed one.
            image = ImageFile(file, f"{directory.relative}/{base}", member.place.size, member.place.crc, True)
            yield (int(match[1]), int(match[2])), image


def _add_archive(archive: Archive, found: ArchiveFindings) -> bool:
    """Add what an archive holds, or why it cannot be read, to `found`; returns whether it can."""
    try:
        listing = list_first_whole_copy(archive)
    except DamagedArchive as error:
        found.problems.append(str(error))
        found.contents.append(describe_damaged_zip(archive, str(error)))
        return False
    found.contents.append(describe_zip(archive, listing))
    _add_listing(archive, listing, found)
    return True


def list_first_whole_copy(archive: Archive) -> ZipListing:
    """Raises DamagedArchive, with the archive's name, where no copy is whole, OSError for what may pass."""
    fault: tuple[ByteSource, DamagedArchive | OSError] | None = None
    for copy in archive.copies:
        try:
            return list_zip(copy, _KINDS)
        except (DamagedArchive, *UNREADABLE) as error:
            fault = fault or (copy, error)
    copy, error = fault
    if isinstance(error, DamagedArchive):
        raise DamagedArchive(explain_fault(archive, copy, error))
    raise DamagedArchive(explain_unreadable(archive.relative, error))


def _add_listing(archive: Archive, listing: ZipListing, found: ArchiveFindings) -> None:
    for member in listing.files:
        name = member.name.rpartition("/")[2][: -len(".json")]
        file = ArchiveMember(listing.archive, member.place)
        found.labels.append(LabelFile(name, archive.source, f"{archive.folder}/{member.name}", file))
    for folder, frames in listing.folders:
        relative = f"{archive.folder}/{folder.name}" if folder.name else archive.folder
        directory = FrameDirectory(archive.source, folder, relative, frames)
        found.directories[relative.rpartition("/")[2]].append(directory)
    for name in listing.refused:
        why = "an archive in an archive; unpack the outer one" if is_inside(name) else "leads out of the archive"
        found.unread.append(f"{archive.relative}: {name}: {why}")
