"""Real zips with what real and hostile ones have: names in any encoding, data descriptors, fields that lie."""

import io
import os
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

from preprocess.archives.byte_source import ByteSource, open_whole
from preprocess.archives.zip_listing import FileKinds, ZipListing, list_folder, list_zip
from preprocess.archives.zip_member import read_member

KINDS = FileKinds(
    is_wanted=lambda name: name.lower().endswith(".json"),
    is_frame=lambda name: name.lower().endswith(".jpg"),
    is_archive=lambda name: name.lower().endswith((".zip", ".tar")),
)
LABEL, FRAME = b'{"label": "\xea\xb3\xa0\xec\x96\x91\xec\x9d\xb4"}' * 9, bytes(range(256)) * 7
MEMBERS = {"a/b.json": LABEL, "a/v/1.jpg": FRAME, "a/v/2.jpg": FRAME[::-1], "c.json": b"{}", "empty.json": b""}


class RawName(zipfile.ZipInfo):
    """A member whose name is written as these bytes, without the UTF-8 flag unless `is_utf8`."""

    def __init__(self, name: bytes, is_utf8: bool = False):
        super().__init__(name.decode("latin-1"))
        self.raw, self.is_utf8 = name, is_utf8

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:
        return self.raw, self.flag_bits & ~0x800 | (0x800 if self.is_utf8 else 0)


class Unseekable(io.RawIOBase):
    """Where zipfile cannot go back to a member's header, so that it writes data descriptors (flag bit 3)."""

    def __init__(self) -> None:
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:
        self.data += data
        return len(data)


def make_zip(
    members: Mapping[str | bytes, bytes] = MEMBERS, method: int = zipfile.ZIP_DEFLATED, comment: bytes = b""
) -> bytes:
    """A zip of some members; names in bytes are written as they are, without the UTF-8 flag."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(RawName(name) if isinstance(name, bytes) else name, data, method)
        archive.comment = comment
    return file.getvalue()


def write_source(path: Path, data: bytes) -> ByteSource:
    path.write_bytes(data)
    return open_whole(os.fsencode(path))


def list_source(source: ByteSource) -> ZipListing:
    return list_zip(source, KINDS)


def read_all(source: ByteSource) -> dict[str, bytes]:
    """Every label and frame of a zip. Raises DamagedArchive, DamagedMember."""
    listing = list_source(source)
    members = [*listing.files, *(member for folder, _ in listing.folders for member in list_folder(folder))]
    return {member.name: read_member(source, member.place) for member in members}


def find_end(data: bytes) -> int:
    return data.rindex(b"PK\x05\x06")


def change(data: bytes, at: int, form: str, *values: int) -> bytes:
    """The bytes with some fields at `at` replaced."""
    packed = struct.pack(form, *values)
    return data[:at] + packed + data[at + len(packed) :]


def change_entry(data: bytes, name: bytes, field: int, form: str, value: int) -> bytes:
    """A zip with a field of the entry of `name` in its central directory replaced; `field` counts from the entry."""
    place = data.index(b"PK\x01\x02")
    while data[place + 46 : place + 46 + len(name)] != name:
        place = data.index(b"PK\x01\x02", place + 1)
    return change(data, place + field, form, value)
