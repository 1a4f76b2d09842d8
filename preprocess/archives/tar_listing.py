"""What a tar holds and where: the files in it are read as parts of the tar, nothing is unpacked.

Headers are read by tarfile (GNU, PAX and old ones); the data between them is skipped.
"""

import os
import tarfile
from typing import BinaryIO, NamedTuple

from preprocess.archives.byte_source import ByteSource, Part
from preprocess.sources.path_names import decode_name
from shards.storage.files import open_file

_BLOCK = 512


class TarMember(NamedTuple):
    """A regular file in a tar."""

    name: bytes  # "/" between its parts, as it is stored
    source: ByteSource


class TarListing(NamedTuple):
    """The whole files of a tar, and what is wrong with the rest of it."""

    members: list[TarMember]
    fault: str | None


def list_tar(path: bytes) -> TarListing:
    """The files of a tar that are there as a whole, in its order; links, folders and devices are left out.

    Where the tar was cut short or is damaged, `fault` says where. Raises as shards.storage.files.open_file does.
    """
    with open_file(path) as raw, os.fdopen(os.dup(raw.fileno()), "rb") as file:
        try:
            tar = tarfile.TarFile(fileobj=file, encoding="utf-8", errors="surrogateescape")
        except tarfile.TarError as error:
            return TarListing([], f"it is no tar ({error}); download it again")
        with tar:
            members: list[TarMember] = []
            return TarListing(members, _read_headers(tar, file, path, members))


def _read_headers(tar: tarfile.TarFile, file: BinaryIO, path: bytes, members: list[TarMember]) -> str | None:
    """Add the tar's files to `members`; returns what is wrong with it."""
    size = os.fstat(file.fileno()).st_size
    while True:
        try:
            header = tar.next()
        except tarfile.TarError:
            return f"it is damaged or cut short near byte {tar.offset:,} of {size:,}; download it again"
        if header is None:
            return _check_end(file, tar.offset)
        tar.members = []  # tarfile would keep every header in memory
        if not header.isreg():
            continue
        name = header.name.encode("utf-8", "surrogateescape")
        stop = header.offset_data + header.size
        if header.sparse is not None:
            return f"{decode_name(name)} in it is stored as a sparse file; unpack the tar"
        if stop > size:
            return f"it was cut short: {stop - size:,} bytes of {decode_name(name)} are missing; download it again"
        members.append(TarMember(name, ByteSource((Part(path, header.offset_data, header.size),))))


def _check_end(file: BinaryIO, end: int) -> str | None:
    """What is wrong where tarfile stopped. It reports no cut or damaged header; a whole tar has zeros there."""
    file.seek(end)
    block = file.read(_BLOCK)
    if len(block) < _BLOCK:
        return f"it was cut short at byte {end:,}, where its end or another file should follow; download it again"
    return f"it is damaged at byte {end:,}; download it again" if any(block) else None


def is_tar(path: bytes) -> bool:
    """Whether a path is called like a tar."""
    return path.lower().endswith(b".tar")
