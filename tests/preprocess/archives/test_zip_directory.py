import os
import zipfile

import pytest

from preprocess.archives.byte_source import open_whole
from preprocess.archives.zip_directory import DamagedArchive, Directory, MissingEnd, find_directory, iterate_members
from tests.preprocess.archives.zips import (
    FRAME,
    LABEL,
    MEMBERS,
    Unseekable,
    change,
    find_end,
    make_zip,
    read_all,
    write_source,
)

GB = 1 << 30


@pytest.mark.parametrize("comment", [b"", b"x", b"PK\x05\x06" + bytes(19), bytes(65_535)])
@pytest.mark.parametrize("before", [b"", b"#!/bin/sh\n" * 999])
def test_comments_and_bytes_before_the_zip(tmp_path, comment, before):
    source = write_source(tmp_path / "a.zip", before + make_zip(comment=comment))
    assert read_all(source) == MEMBERS
    assert find_directory(source).shift == len(before)


def test_an_end_within_the_comment(tmp_path):
    """Which of the two is meant cannot be known, but that bytes would be passed over can."""
    with pytest.raises(DamagedArchive, match=r"no member, and [0-9,]+ bytes lie before it"):
        read_all(write_source(tmp_path / "a.zip", make_zip(comment=b"PK\x05\x06" + bytes(18))))


def test_offsets_that_count_the_bytes_before_the_zip(tmp_path):
    """As of a self-extracting archive whose offsets were adjusted (zip -A), and as zipfile appends to any file."""
    path = tmp_path / "a.zip"
    path.write_bytes(b"#!/bin/sh\n" * 99)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("b.json", LABEL)
    assert read_all(open_whole(os.fsencode(path))) == {"b.json": LABEL}


def test_data_descriptors(tmp_path):
    """Flag bit 3: size and checksum stand behind the data, as where a zip was streamed."""
    stream = Unseekable()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in MEMBERS.items():
            archive.writestr(name, data)
        assert all(info.flag_bits & 8 for info in archive.infolist())
    assert read_all(write_source(tmp_path / "a.zip", bytes(stream.data))) == MEMBERS


def test_zip64_fields_without_need(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in MEMBERS.items():
            with archive.open(name, "w", force_zip64=True) as file:
                file.write(data)
    assert read_all(open_whole(os.fsencode(path))) == MEMBERS


def test_zip64_end_record_without_need(tmp_path, monkeypatch):
    """Some writers always write one, and the plain end record beside it says all as well."""
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 0)
    data = make_zip()
    assert b"PK\x06\x06" in data
    assert read_all(write_source(tmp_path / "a.zip", data)) == MEMBERS
    assert read_all(write_source(tmp_path / "b.zip", b"before" + data)) == MEMBERS
    for at in (data.index(b"PK\x06\x06"), data.index(b"PK\x06\x06") + 32):  # its signature, its number of members
        with pytest.raises(DamagedArchive, match=r"zip64 end record|members"):
            read_all(write_source(tmp_path / "c.zip", change(data, at, "<Q", 1 << 32)))


@pytest.mark.parametrize("count", [65_534, 65_535, 65_536])
def test_as_many_members_as_need_zip64_and_one_less(tmp_path, count):
    """zipfile writes 65,535 without a zip64 record, though that is the number that points to one."""
    source = write_source(tmp_path / "a.zip", make_zip({str(number): b"" for number in range(count)}, 0))
    directory = find_directory(source)
    assert directory.members == count
    assert [member.name for member in iterate_members(source, directory)] == [b"%d" % n for n in range(count)]


@pytest.fixture(scope="module")
def giant(tmp_path_factory):
    """A zip of 15 GB with two frames of holes in it, which takes 12 KB of the disk."""
    path = tmp_path_factory.mktemp("giant") / "거대.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("v/1.jpg", FRAME)
        big = zipfile.ZipInfo("v/2.jpg")
        big.file_size = big.compress_size = 5 * GB
        big.CRC, big.header_offset = 0, archive.fp.tell()
        archive.fp.write(big.FileHeader(zip64=True))
        archive.filelist.append(big)
        archive.start_dir = archive.fp.tell() + 5 * GB + 123
        archive.writestr("v/3.jpg", FRAME)  # beyond 4 GB
        archive.start_dir += 10 * GB
        archive.writestr("a.json", LABEL)
        archive.writestr("v/4.jpg", FRAME)
    assert path.stat().st_size > 15 * GB and path.stat().st_blocks * 512 < 1 << 20
    return open_whole(os.fsencode(path))


def test_members_and_offsets_beyond_4_gb(giant):
    members = {member.name: member for member in iterate_members(giant, find_directory(giant))}
    assert members[b"v/2.jpg"].size == members[b"v/2.jpg"].packed == 5 * GB
    assert members[b"v/3.jpg"].offset > 5 * GB and members[b"a.json"].offset > 15 * GB


def test_a_giant_is_read_where_it_lies(giant):
    from preprocess.archives.zip_listing import list_folder
    from preprocess.archives.zip_member import DamagedMember, read_member
    from tests.preprocess.archives.zips import list_source

    listing = list_source(giant)
    assert [read_member(giant, member.place) for member in listing.files] == [LABEL]
    frames = {member.name: member.place for member in list_folder(listing.folders[0][0])}
    assert [read_member(giant, frames[f"v/{number}.jpg"]) for number in (1, 3, 4)] == [FRAME] * 3
    with pytest.raises(DamagedMember, match="5,368,709,120 bytes, more than"):
        read_member(giant, frames["v/2.jpg"])


def test_a_part_of_a_directory(tmp_path):
    source = write_source(tmp_path / "a.zip", make_zip())
    directory = find_directory(source)
    entries = [member.entry for member in iterate_members(source, directory)]
    found = [member.name for member in iterate_members(source, directory, entries[1], entries[3])]
    assert found == [name.encode() for name in list(MEMBERS)[1:3]]


@pytest.mark.parametrize(
    ("at", "form", "value", "message"),
    [
        (4, "<H", 1, "split zip"),
        (6, "<H", 1, "split zip"),
        (10, "<H", 4, "tells of 4 members"),
        (10, "<H", 6, "tells of 6 members"),
        (10, "<H", 0xFFFF, "65,535 members in a directory"),
        (12, "<L", 10, "members in a directory of 10 bytes"),
        (12, "<L", 0x7FFFFFFF, "before its first byte"),
        (12, "<L", 0xFFFFFFFF, "before its first byte"),
        (12, "<L", 250, "no entry"),
        (16, "<L", 0xFFFFFFFF, "before its first byte"),
        (16, "<L", 0, "no member at offset"),  # as if all before were another file's bytes
        (20, "<H", 9, "its end is missing"),
    ],
)
def test_lies_of_the_end_record(tmp_path, at, form, value, message):
    data = make_zip()
    with pytest.raises(DamagedArchive, match=message):
        read_all(write_source(tmp_path / "a.zip", change(data, find_end(data) + at, form, value)))


def test_a_directory_that_claims_four_billion_members(tmp_path, monkeypatch):
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 0)
    data = make_zip()
    record = data.index(b"PK\x06\x06")
    for members, length in [(1 << 32, None), (1 << 32, 1 << 38), (1 << 63, 1 << 63), (1 << 64 - 1, (1 << 64) - 1)]:
        claimed = change(data, record + 32, "<Q", members % (1 << 64))
        claimed = claimed if length is None else change(claimed, record + 40, "<Q", length)
        with pytest.raises(DamagedArchive, match=r"members in a directory|before its first byte"):
            find_directory(write_source(tmp_path / "a.zip", claimed))


def test_four_billion_members_in_a_hole(tmp_path):
    """The file has the size that the directory claims, and is a hole."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.start_dir = 200 * GB
        archive.writestr("a", b"")
    with path.open("r+b") as file:
        file.seek(-98, os.SEEK_END)  # zip64 end record, locator, end record
        record = file.read()
        assert record.startswith(b"PK\x06\x06")
        file.seek(-98, os.SEEK_END)
        file.write(change(record, 32, "<3Q", 1 << 32, 199 * GB, GB))
    source = open_whole(os.fsencode(path))
    assert find_directory(source).members == 1 << 32
    with pytest.raises(DamagedArchive, match="no entry of a directory"):
        read_all(source)


@pytest.mark.parametrize("data", [b"", b"PK", b"PK\x05\x06", bytes(100), b"PK\x03\x04" * 30_000, b"<html>sorry</html>"])
def test_no_zip(tmp_path, data):
    with pytest.raises(MissingEnd, match="its end is missing, so it is cut short or no zip"):
        find_directory(write_source(tmp_path / "a.zip", data))


def test_an_empty_zip(tmp_path):
    source = write_source(tmp_path / "a.zip", make_zip({}))
    assert find_directory(source) == Directory(0, 0, 0, 0) and read_all(source) == {}


def test_entries_across_the_blocks_of_a_long_directory(tmp_path):
    names = {f"{number}{'가' * 300}": b"" for number in range(9000)}  # 9 MB, read 1 MB at a time
    source = write_source(tmp_path / "a.zip", make_zip(names, 0))
    assert [m.name.decode() for m in iterate_members(source, find_directory(source))] == list(names)
