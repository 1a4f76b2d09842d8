import io
import os
import re
import resource
import struct
import subprocess
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preprocess.archives.byte_source import read_bytes
from preprocess.archives.tar_listing import TarListing, list_tar
from tests.preprocess.archives.tars import make_tar

SET = "123.반려동물 구분을 위한 동물 영상 데이터셋(종류 구분, 행동 구분)"
LONG = f"{SET}/01.데이터/1.Training/라벨링데이터_09/CAT/ARCH.zip"
MEMBERS = {LONG: b"zip" * 999, f"{LONG}.part0": b"0" * 512, "short.zip": b"", "x" * 300: b"1"}


def list_bytes(path, data: bytes) -> TarListing:
    path.write_bytes(data)
    return list_tar(os.fsencode(path))


def read_members(listing: TarListing) -> dict[str, bytes]:
    return {m.name.decode(): read_bytes(m.source, 0, m.source.size) for m in listing.members}


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_korean_names(tmp_path, form):
    listing = list_bytes(tmp_path / "a.tar", make_tar(MEMBERS, form))
    assert listing.fault is None and read_members(listing) == MEMBERS
    assert listing.members[0].source.parts[0].state.size == (tmp_path / "a.tar").stat().st_size


@pytest.mark.parametrize(("form", "encoding"), [(tarfile.USTAR_FORMAT, "utf-8"), (tarfile.GNU_FORMAT, "cp949")])
def test_old_headers_and_cp949(tmp_path, form, encoding):
    listing = list_bytes(tmp_path / "a.tar", make_tar({"고양이/ARCH.zip": b"zip"}, form, encoding))
    assert [member.name.decode(encoding) for member in listing.members] == ["고양이/ARCH.zip"]


def test_headers_of_before_ustar(tmp_path):
    data = make_tar({"a.zip": b"zip"}, tarfile.USTAR_FORMAT)
    header = bytearray(data[:512])
    header[257:345] = bytes(88)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    assert read_members(list_bytes(tmp_path / "a.tar", bytes(header) + data[512:])) == {"a.zip": b"zip"}


def test_what_tar_itself_writes(tmp_path):
    (tmp_path / "폴더").mkdir()
    (tmp_path / "폴더" / "고양이.zip").write_bytes(b"zip")
    os.link(tmp_path / "폴더" / "고양이.zip", tmp_path / "폴더" / "다시.zip")
    (tmp_path / "폴더" / "link.zip").symlink_to("고양이.zip")
    subprocess.run(["tar", "-cf", "a.tar", "./폴더"], cwd=tmp_path, check=True)
    listing = list_tar(os.fsencode(tmp_path / "a.tar"))
    assert listing.fault is None
    assert read_members(listing) == {"./폴더/고양이.zip": b"zip", "./폴더/다시.zip": b"zip"}


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_a_tar_that_is_cut_short_anywhere(tmp_path, form):
    """In a header, in data, in the long name before a header, before the end blocks."""
    whole = {"a.zip": b"a" * 1000, "나" * 90: b"b" * 600, "c.zip": b"c" * 512}
    data = make_tar(whole, form)
    stop = list_bytes(tmp_path / "a.tar", data).members[-1].source.parts[0].offset + 512
    for length in {*range(0, stop, 53), *range(0, stop + 512, 512), stop - 1, stop, stop + 511}:
        listing = list_bytes(tmp_path / "a.tar", data[:length])
        assert listing.fault and "download it again" in listing.fault
        found = read_members(listing)
        assert found == {name: whole[name] for name in found} and list(found) == list(whole)[: len(found)]
        expected = [m for m in list_bytes(tmp_path / "b.tar", data).members if sum(m.source.parts[0][1:3]) <= length]
        assert len(found) == len(expected)
    assert list_bytes(tmp_path / "a.tar", data[: stop + 512]).fault is None  # one end block will do


@pytest.mark.parametrize(
    ("cut", "message"),
    [
        (0, "it is no tar .empty file.; download it again"),
        (100, "it is no tar .truncated header."),
        (512, "cut short: 1,000 bytes of a.zip are missing"),
        (1000, "cut short: 512 bytes of a.zip are missing"),
        (1535, "cut short at byte 1,536, where its end or another file"),
        (1536, "cut short at byte 1,536"),
        (1600, "cut short at byte 1,536"),
        (2100, "cut short: 548 bytes of b.zip are missing"),
    ],
)
def test_where_it_was_cut_is_said(tmp_path, cut, message):
    fault = list_bytes(tmp_path / "a.tar", make_tar({"a.zip": b"a" * 1000, "b.zip": b"b" * 600})[:cut]).fault
    assert re.search(message, fault)


@pytest.mark.parametrize("data", [b"<html>sorry</html>" * 99, b"\x1f\x8b\x08" + bytes(999), b"PK\x03\x04" * 999])
def test_no_tar(tmp_path, data):
    listing = list_bytes(tmp_path / "a.tar", data)
    assert listing.members == [] and listing.fault.startswith("it is no tar (")


def test_a_damaged_header(tmp_path):
    data = bytearray(make_tar({"a.zip": b"a" * 512, "b.zip": b"b"}))
    data[1024 + 100] ^= 1
    listing = list_bytes(tmp_path / "a.tar", bytes(data))
    assert (
        list(read_members(listing)) == ["a.zip"] and listing.fault == "it is damaged at byte 1,024; download it again"
    )


def make_header(name: bytes, kind: bytes, size: bytes) -> bytes:
    header = bytearray(512)
    header[: len(name)], header[124:136], header[156:157], header[257:265] = name, size, kind, b"ustar\x0000"
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header)


NEGATIVE = b"\xff" + struct.pack(">11s", (-1024 % (1 << 88)).to_bytes(11, "big"))
HUGE = b"\x80" + (1 << 80).to_bytes(11, "big")
PAX_NEGATIVE = b"19 size=-000001024\n".ljust(512, b"\0")


@pytest.mark.parametrize(
    "data",
    [
        make_header(b"a", b"0", NEGATIVE),  # leads back to itself: tarfile alone would never end
        make_header(b"a", b"0", b"%011o\0" % 0) + make_header(b"b", b"0", NEGATIVE),
        make_header(b"a", b"0", HUGE),
        make_header(b"a", b"x", NEGATIVE),
        make_header(b"a", b"x", HUGE),
        make_header(b"a", b"L", HUGE),
        make_header(b"a", b"g", b"%011o\0" % (1 << 32)),
        make_header(b"a", b"x", b"%011o\0" % 512) + PAX_NEGATIVE + make_header(b"b", b"0", b"%011o\0" % 0),
        (make_header(b"a", b"x", b"%011o\0" % 0)) * 5000,  # each describes the next: tarfile calls itself
        (make_header(b"a", b"L", b"%011o\0" % 0)) * 5000,
        make_header(b"a", b"S", b"%011o\0" % 0),  # sparse
    ],
)
def test_hostile_headers(tmp_path, data):
    path = tmp_path / "a.tar"
    path.write_bytes(data)
    os.truncate(path, 1 << 34)  # a hole: who reads as much as a header claims fills the memory
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    listing = list_tar(os.fsencode(path))
    assert len(listing.members) <= 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # KB
    assert listing.fault or listing.members == []


def test_global_fields_do_not_pile_up(tmp_path):
    file = io.BytesIO()
    for number in range(100):
        field = b"%d=%s\n" % (number, b"x" * 480)
        record = b"%d " % (len(field) + 4) + field
        file.write(make_header(b"a", b"g", b"%011o\0" % len(record)) + record.ljust(512, b"\0"))
        file.write(make_header(b"%d.zip" % number, b"0", b"%011o\0" % 0))
    assert "it is damaged at byte" in list_bytes(tmp_path / "a.tar", file.getvalue() + bytes(1024)).fault


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_random_damage(tmp_path_factory, data):
    whole = {"a.zip": b"a" * 700, "나" * 60 + ".zip": b"b" * 600}
    damaged = bytearray(make_tar(whole, data.draw(st.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]))))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, 5000))
        new = data.draw(st.binary(min_size=1, max_size=12) | st.sampled_from([b"-1024", b"\xff" * 12, b"0" * 12]))
        damaged[at : at + len(new)] = new
    for start in range(0, len(damaged) - 511, 512):  # checksums that fit, else most damage is found at once
        block = damaged[start : start + 512]
        if block[257:262] == b"ustar":
            block[148:156] = b" " * 8
            damaged[start + 148 : start + 156] = b"%06o\0 " % sum(block)
    listing = list_bytes(tmp_path_factory.mktemp("damage") / "a.tar", bytes(damaged))
    for member in listing.members:
        assert len(read_bytes(member.source, 0, 1 << 20)) == member.source.size
