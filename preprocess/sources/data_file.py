"""A file of a source, wherever its bytes lie: a path on the disk, or a member of an archive."""

import os
from typing import NamedTuple

from preprocess.archives.byte_source import ByteSource, find_changed_file
from preprocess.archives.zip_member import DamagedMember, MemberPlace, read_member
from shards.errors import DataError
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

    Raises UnreadableFile for what does not pass by itself, FileNotFoundError where a file is not there, DataError where
    an archive is gone or was changed since it was listed, and any other OSError for what may pass.
    """
    try:
        return read_file(file) if isinstance(file, bytes) else _read_from_archive(file)
    except (PermissionError, IrregularFile) as error:
        raise UnreadableFile(error.strerror) from error


def _read_from_archive(file: ArchiveMember) -> bytes:
    try:
        return read_member(file.archive, file.place)
    except FileNotFoundError as error:
        raise explain_changed_archive(file.archive, error) from error
    except DamagedMember as error:
        if find_changed_file(file.archive):  # another archive's bytes are no fact about this one
            raise explain_changed_archive(file.archive, error) from error
        raise UnreadableFile(str(error)) from error


def explain_changed_archive(archive: ByteSource, error: Exception) -> DataError:
    """The error for an archive that cannot be read as it was listed, for the reason `error`."""
    path = os.fsdecode(find_changed_file(archive) or archive.parts[0].path)
    if not os.path.lexists(path):
        return DataError(f"{path} was there and is gone; bring it back and run the same command again")
    if find_changed_file(archive):
        return DataError(f"{path} was changed while this run read it; run the same command again when it is at rest")
    return DataError(f"{path}: {error}; download it again")


def name_data_file(file: DataFile) -> str:
    """The path of a file, or of the first file of the archive that holds it, for messages."""
    return os.fsdecode(file.archive.parts[0].path if isinstance(file, ArchiveMember) else file)
