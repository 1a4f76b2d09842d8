"""A file of a source, wherever its bytes lie: a path on the disk, or a member of an archive."""

import os
from typing import NamedTuple

from preprocess.archives.byte_source import ByteSource
from preprocess.archives.zip_member import DamagedMember, MemberPlace, read_member
from shards.storage.files import IrregularFile, read_file


class ArchiveMember(NamedTuple):
    """A file in an archive."""

    archive: ByteSource
    place: MemberPlace


DataFile = bytes | ArchiveMember  # bytes: an absolute path


class UnreadableFile(Exception):
    """A file whose bytes cannot be had, however often one tries; the message says why."""


def read_data_file(file: DataFile) -> bytes:
    """A file's bytes.

    Raises UnreadableFile for what does not pass by itself, FileNotFoundError where the file, or the archive that holds
    it, is not there, and any other OSError for what may pass.
    """
    try:
        if isinstance(file, ArchiveMember):
            return read_member(file.archive, file.place)
        return read_file(file)
    except DamagedMember as error:
        raise UnreadableFile(str(error)) from error
    except (PermissionError, IrregularFile) as error:
        raise UnreadableFile(error.strerror) from error


def locate_data_file(file: DataFile) -> bytes:
    """The path of a file, or of the first file of the archive that holds it."""
    return file.archive.parts[0].path if isinstance(file, ArchiveMember) else file


def name_data_file(file: DataFile) -> str:
    """A file's place on the disk, for messages."""
    return os.fsdecode(locate_data_file(file))
