"""What a tar holds and where: the files in it are read as parts of the tar, nothing is unpacked.

Headers are read by tarfile (GNU, PAX and old ones); the data between them is skipped.
"""

import io
import os
import tarfile
from typing import NamedTuple

from preprocess.archives.byte_source import ByteSource, FilePath, FileState, Part, read_state
from preprocess.sources.path_names import decode_name
from shards.storage.places import open_raw
from shards.storage.stores.remote_path import RemotePath

_BLOCK = 512
_MOST_HEADER = 1 << 20  # bytes of a long name or of PAX fields
_MOST_GLOBAL_FIELDS = 64  # of PAX, which tarfile keeps in memory
# What tarfile raises for headers that nobody wrote in earnest, besides its own errors.
_HEADER_ERRORS = (tarfile.TarError, ValueError, OverflowError, RecursionError, LookupError, TypeError)


class TarMember(NamedTuple):
    """A regular file in a tar."""

    name: bytes  # "/" between its parts, as it is stored
    source: ByteSource


class TarListing(NamedTuple):
    """The whole files of a tar, and what is wrong with the rest of it."""

    members: list[TarMember]
    fault: str | None


def list_tar(path: FilePath) -> TarListing:
    """The files of a tar that are there as a whole, in its order, and hard links to them; symbolic links, folders and
    devices are left out.

    Where the tar was cut short or is damaged, `fault` says where. Raises as shards.storage.files.open_file does, and
    OSError where the file cannot be read on.
    """
    members: list[TarMember] = []
    state = read_state(path) if isinstance(path, RemotePath) else None
    with open_raw(path) as raw, _HeaderReader(raw) as file:
        try:
            tar = tarfile.TarFile(fileobj=file, encoding="utf-8", errors="surrogateescape")
        except _HEADER_ERRORS as error:
            return TarListing([], f"it is no tar ({error}); download it again")
        with tar:
            return TarListing(members, _read_headers(tar, file, path, state, members))


class _HeaderReader(io.BufferedReader):
    """A tar as tarfile may read it: a length that no header has is a damaged or hostile one, and would fill memory."""

    def read(self, size: int | None = -1) -> bytes:
        if size is None or not 0 <= size <= _MOST_HEADER:
            raise tarfile.ReadError(f"a header of {size} bytes")
        return super().read(size)


def _read_headers(
    tar: tarfile.TarFile, file: io.BufferedReader, path: FilePath, state: FileState | None, members: list[TarMember]
) -> str | None:
    """Add the tar's files to `members`; returns what is wrong with it. `state` is None for a file of this machine."""
    if state is None:
        status = os.fstat(file.fileno())
        state = FileState(status.st_size, status.st_mtime_ns)
    size = state.size
    found: dict[str, ByteSource] = {}  # by name, for hard links
    before = 0  # where the header is looked for
    while True:
        try:
            header = tar.next()
        except _HEADER_ERRORS:
            return _check_end(file, before) or _explain_damage(before)
        if header is None:
            return _check_end(file, tar.offset)
        tar.members = []  # tarfile would keep every header in memory
        if header.size < 0 or tar.offset <= before or len(tar.pax_headers) > _MOST_GLOBAL_FIELDS:
            return _explain_damage(before)
        before = tar.offset
        if header.sparse is not None:
            return f"{_show(header)} in it is stored as a sparse file; unpack the tar"
        if header.isreg():
            if missing := max(0, header.offset_data + header.size - size):
                return f"it was cut short: {missing:,} bytes of {_show(header)} are missing; download it again"
            found[header.name] = ByteSource((Part(path, header.offset_data, header.size, state),))
        elif header.islnk() and header.linkname in found:
            found[header.name] = found[header.linkname]
        else:
            continue
        members.append(TarMember(_encode(header.name), found[header.name]))


def _encode(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")


def _show(header: tarfile.TarInfo) -> str:
    return decode_name(_encode(header.name))


def _check_end(file: io.BufferedReader, end: int) -> str | None:
    """What is wrong where tarfile stopped. It reports no cut or damaged header; a whole tar has zeros there."""
    file.seek(end)
    block = file.read(_BLOCK)
    if len(block) < _BLOCK:
        return f"it was cut short at byte {end:,}, where its end or another file should follow; download it again"
    return _explain_damage(end) if any(block) else None


def _explain_damage(place: int) -> str:
    return f"it is damaged at byte {place:,}; download it again"
