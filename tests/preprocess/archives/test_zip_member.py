import re
import zipfile

import pytest

from preprocess.archives.zip_listing import list_folder
from preprocess.archives.zip_member import MOST_BYTES, DamagedMember, MemberPlace, read_member
from tests.preprocess.archives.zips import FRAME, LABEL, change, list_source, make_zip, read_all, write_source

METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def place_of(source, name: str) -> MemberPlace:
    listing = list_source(source)
    members = [*listing.files, *(member for folder, _ in listing.folders for member in list_folder(folder))]
    return next(member.place for member in members if member.name == name)


@pytest.mark.parametrize("method", METHODS)
def test_every_bit_of_the_data_is_checked(tmp_path, method):
    data = make_zip({"a.json": LABEL, "b.jpg": FRAME}, method)
    source = write_source(tmp_path / "whole.zip", data)
    place = place_of(source, "b.jpg")
    assert read_member(source, place) == FRAME
    start = place.offset + 30 + len("b.jpg")
    for at in range(start, start + place.packed, 7):
        damaged = write_source(tmp_path / "damaged.zip", change(data, at, "B", data[at] ^ 4))
        try:
            assert read_member(damaged, place) == FRAME and method != zipfile.ZIP_STORED  # deflate has spare bits
        except DamagedMember as error:
            assert re.search("checksum|cannot be decompressed|bytes instead of", str(error))
        assert read_member(damaged, place_of(damaged, "a.json")) == LABEL


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("lie", "message"),
    [
        ({"size": len(FRAME) - 1}, "instead of|checksum"),
        ({"size": len(FRAME) + 1}, "instead of"),
        ({"packed": 5}, "instead of"),
        ({"packed": 1 << 20}, "the archive ends within"),
        ({"crc": 1}, "checksum"),
        ({"offset": 3}, "there is no member at offset 3"),
        ({"offset": 1 << 40}, "there is no member"),
        ({"method": 9}, "method 9"),
        ({"size": 1 << 40}, "more than"),
        ({"packed": MOST_BYTES + 1}, "more than"),
    ],
)
def test_lies_about_a_member(tmp_path, method, lie, message):
    source = write_source(tmp_path / "a.zip", make_zip({"b.jpg": FRAME}, method))
    with pytest.raises(DamagedMember, match=message):
        read_member(source, place_of(source, "b.jpg")._replace(**lie))


def test_a_bomb_is_decompressed_no_further_than_it_states(tmp_path):
    """A gigabyte of zeros in a megabyte, which claims to be small."""
    source = write_source(tmp_path / "a.zip", make_zip({"b.jpg": bytes(1 << 24)}))
    with pytest.raises(DamagedMember, match="has 1,001 bytes instead of the 1,000"):
        read_member(source, place_of(source, "b.jpg")._replace(size=1000))


def test_long_extra_fields_are_skipped(tmp_path):
    """The local header's may be longer than the directory's, and than what is read at first."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number, length in enumerate((0, 60, 64, 65, 3000, 60_000)):
            info = zipfile.ZipInfo(f"{number}.json")
            info.extra = b"\xfe\xca" + length.to_bytes(2, "little") + bytes(length)
            archive.writestr(info, LABEL)
            info.extra = b""  # of the directory
    assert set(read_all(write_source(path, path.read_bytes())).values()) == {LABEL}
