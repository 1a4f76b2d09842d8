"""What a zip holds: its label files and its directories of frames, from one pass over the central directory.

A directory of frames is kept as the parts of the central directory in which its entries stand, not as a list of names;
these parts are read again when the video is worked on. So the memory of a listing grows with the number of videos, not
of frames.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from preprocess.archives.byte_source import ByteSource
from preprocess.archives.member_names import decode_member_name, is_inside
from preprocess.archives.zip_directory import (
    DEFLATED,
    ENCRYPTED,
    STORED,
    DamagedArchive,
    Directory,
    Member,
    MemberAudit,
    check_header,
    find_directory,
    iterate_members,
)
from preprocess.archives.zip_member import MemberPlace
from preprocess.sources.path_names import is_ignored_name

_SAMPLED_HEADERS = 64  # of a zip are looked at while it is listed
_MAX_RATIO = 1100  # deflate cannot shrink more than 1032 times


class ZipFolder(NamedTuple):
    """A directory in a zip."""

    archive: ByteSource
    directory: Directory  # the zip's central directory
    spans: tuple[tuple[int, int], ...]  # parts of the central directory that hold this folder's entries
    name: str  # inside the zip


class ListedMember(NamedTuple):
    """A file in a zip."""

    name: str  # decoded, "/" between its parts
    place: MemberPlace


class FileKinds(NamedTuple):
    """Which of a zip's files are listed. Each function gets a file's name without its folders."""

    is_wanted: Callable[[str], bool]  # listed one by one
    is_frame: Callable[[str], bool]  # listed by directory
    is_archive: Callable[[str], bool]  # refused


class ZipListing(NamedTuple):
    """The wanted files, the directories of frames with their numbers of frames, and what was refused."""

    archive: ByteSource
    members: int  # of the zip, of whatever kind
    files: list[ListedMember]
    folders: list[tuple[ZipFolder, int]]
    refused: list[str]  # names that lead out of the archive, and archives inside it


def list_zip(archive: ByteSource, kinds: FileKinds) -> ZipListing:
    """List a zip.

    Raises DamagedArchive where the zip is damaged, encrypted, contradicts itself, or holds two members of one name.
    """
    directory = find_directory(archive)
    contents, names, audit = _Contents(kinds), _NameCheck(), MemberAudit(directory)
    step = max(1, directory.members // _SAMPLED_HEADERS)
    listed = 0
    for member, name, stop in _iterate_names(archive, directory):
        if listed % step == 0:
            check_header(archive, member)
        listed += 1
        audit.add(member)
        names.add(name)
        _check_member(member, name)
        contents.add(member, name, stop)
    audit.finish()
    if listed != directory.members:
        raise DamagedArchive(f"its end tells of {directory.members:,} members, its directory lists {listed:,}")
    if names.may_have_double() and (double := _find_double(archive, directory)):
        raise DamagedArchive(f"it holds two members of one name: {double}")
    folders = [
        (ZipFolder(archive, directory, tuple(found.spans), name), found.frames)
        for name, found in contents.frames.items()
    ]
    return ZipListing(archive, directory.members, contents.files, folders, contents.refused)


def list_folder(folder: ZipFolder) -> Iterator[ListedMember]:
    """The files directly in a directory of a zip. Raises DamagedArchive where the archive has changed."""
    for start, stop in folder.spans:
        for member in iterate_members(folder.archive, folder.directory, start, stop):
            name = decode_member_name(member.name, member.is_utf8)
            if name.rpartition("/")[0] == folder.name:
                yield ListedMember(name, place_member(member))


def place_member(member: Member) -> MemberPlace:
    """Where a member's data lies."""
    return MemberPlace(member.offset, member.method, member.crc, member.packed, member.size)


class _Contents:
    """What of a zip has been listed so far."""

    def __init__(self, kinds: FileKinds) -> None:
        self._kinds = kinds
        self.files: list[ListedMember] = []
        self.frames: dict[str, _FolderEntries] = {}  # by folder
        self.refused: list[str] = []

    def add(self, member: Member, name: str, stop: int) -> None:
        """Add a member, whose entry in the central directory ends at `stop`."""
        folder, _, base = name.rpartition("/")
        kinds = self._kinds
        if not base:  # a folder
            return
        if not is_inside(name):
            self.refused.append(name)
        elif _is_ignored_folder(folder) or is_ignored_name(base):
            return
        elif kinds.is_frame(base):
            _check_method(member, name)
            self.frames.setdefault(folder, _FolderEntries()).add(member.entry, stop)
        elif kinds.is_wanted(base):
            _check_method(member, name)
            self.files.append(ListedMember(name, place_member(member)))
        elif kinds.is_archive(base):
            self.refused.append(name)


@lru_cache(maxsize=64)
def _is_ignored_folder(folder: str) -> bool:
    return bool(folder) and any(map(is_ignored_name, folder.split("/")))


class _FolderEntries:
    """The entries of one directory: parts of the central directory, neighbours joined."""

    def __init__(self) -> None:
        self.frames = 0
        self.spans: list[tuple[int, int]] = []

    def add(self, start: int, stop: int) -> None:
        self.frames += 1
        if self.spans and self.spans[-1][1] == start:
            self.spans[-1] = (self.spans[-1][0], stop)
        else:
            self.spans.append((start, stop))


class _NameCheck:
    """Notices two members of one name, by 8 bytes for each name."""

    def __init__(self) -> None:
        self._hashes: list[np.ndarray] = []
        self._waiting: list[int] = []

    def add(self, name: str) -> None:
        self._waiting.append(hash(name))
        if len(self._waiting) >= 1 << 16:
            self._hashes.append(np.array(self._waiting, np.int64))
            self._waiting = []

    def may_have_double(self) -> bool:
        """Whether two names have the same 8 bytes, as two equal ones do; others hardly ever."""
        hashes = np.concatenate([*self._hashes, np.array(self._waiting, np.int64)])
        return len(np.unique(hashes)) < len(hashes)


def _find_double(archive: ByteSource, directory: Directory) -> str | None:
    seen: set[str] = set()
    for _, name, _ in _iterate_names(archive, directory):
        if name in seen:
            return name
        seen.add(name)
    return None


def _iterate_names(archive: ByteSource, directory: Directory) -> Iterator[tuple[Member, str, int]]:
    """Each member, its decoded name, and where its entry ends."""
    before: Member | None = None
    for member in iterate_members(archive, directory):
        if before is not None:
            yield before, decode_member_name(before.name, before.is_utf8), member.entry
        before = member
    if before is not None:
        yield before, decode_member_name(before.name, before.is_utf8), directory.stop


def _check_member(member: Member, name: str) -> None:
    if member.flags & ENCRYPTED:
        raise DamagedArchive(f"{name} in it is encrypted; unpack it with its password")
    most = member.packed if member.method == STORED else _MAX_RATIO * max(1, member.packed) + 1024
    if member.size > most:
        raise DamagedArchive(f"{name} in it claims {member.size:,} bytes from {member.packed:,}, more than any packing")


def _check_method(member: Member, name: str) -> None:
    if member.method not in (STORED, DEFLATED):
        raise DamagedArchive(
            f"{name} in it is packed by method {member.method}, and only stored and deflated members can be read; "
            "unpack it"
        )
