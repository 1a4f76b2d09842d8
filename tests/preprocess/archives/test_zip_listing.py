import io
import random
import tracemalloc
import unicodedata
import zipfile
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preprocess.archives import zip_listing
from preprocess.archives.zip_directory import DamagedArchive
from preprocess.archives.zip_listing import list_folder
from preprocess.archives.zip_member import DamagedMember
from tests.preprocess.archives.zips import (
    FRAME,
    LABEL,
    MEMBERS,
    change_entry,
    find_end,
    list_source,
    make_zip,
    read_all,
    write_source,
)


def refuse(tmp_path, data: bytes, message: str) -> None:
    with pytest.raises(DamagedArchive, match=message):
        list_source(write_source(tmp_path / "a.zip", data))


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_labels_and_folders_of_frames(tmp_path, method):
    more = {"a/": b"", "a/v/": b"", "1.jpg": FRAME, "a/readme.txt": b"x", "a/v/b.json": LABEL}
    source = write_source(tmp_path / "a.zip", make_zip(MEMBERS | more, method))
    listing = list_source(source)
    assert [member.name for member in listing.files] == ["a/b.json", "c.json", "empty.json", "a/v/b.json"]
    assert [(folder.name, frames) for folder, frames in listing.folders] == [("a/v", 2), ("", 1)]
    assert listing.refused == []
    assert read_all(source)["1.jpg"] == FRAME


@pytest.mark.parametrize("encoding", ["utf-8", "cp949"])
@pytest.mark.parametrize("separator", ["/", "\\"])
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_korean_names(tmp_path, encoding, separator, form):
    if (encoding, form) == ("cp949", "NFD"):
        return  # CP949 has no decomposed letters
    names = ["원천데이터/고양이/1.jpg", "라벨링데이터/고양이.json"]
    stored = [unicodedata.normalize(form, name).replace("/", separator).encode(encoding) for name in names]
    source = write_source(tmp_path / "a.zip", make_zip(dict(zip(stored, (FRAME, LABEL), strict=True))))
    assert read_all(source) == dict(zip(names, (FRAME, LABEL), strict=True))
    assert list_source(source).folders[0][0].name == "원천데이터/고양이"


def test_frames_of_two_videos_in_turns(tmp_path):
    members = {f"{'vw'[number % 2]}/{number}.jpg": FRAME for number in range(100)}
    source = write_source(tmp_path / "a.zip", make_zip(members, zipfile.ZIP_STORED))
    listing = list_source(source)
    assert [(folder.name, frames) for folder, frames in listing.folders] == [("v", 50), ("w", 50)]
    assert sorted(read_all(source)) == sorted(members)
    assert [member.name for member in list_folder(listing.folders[1][0])] == list(members)[1::2]


def test_hidden_files_and_names_to_tidy(tmp_path):
    members = {".DS_Store": b"", "__MACOSX/._b.json": b"", "v/._1.jpg": b"", ".x/b.json": b"", "@eaDir/1.jpg": b""}
    members |= {"./a.json": LABEL, "./v//1.jpg": FRAME, "v/./2.jpg": FRAME}
    source = write_source(tmp_path / "a.zip", make_zip({name.encode(): data for name, data in members.items()}))
    assert read_all(source) == {"a.json": LABEL, "v/1.jpg": FRAME, "v/2.jpg": FRAME}
    assert list_source(source).refused == []


HOSTILE = [
    "../a.json",
    "/etc/a.json",
    "v/../../1.jpg",
    "C:\\a.json",
    "c:/1.jpg",
    "\\\\host\\a.json",
    "..\\b.jpg",
    "a\0.json",
]


def test_names_that_lead_out_and_archives_within(tmp_path):
    members = {name.encode(): b"x" for name in [*HOSTILE, "inner.zip", "v/inner.tar"]} | {b"a.json": LABEL}
    source = write_source(tmp_path / "a.zip", make_zip(members))
    refused = [name.replace("\\\\", "\\").replace("\\", "/") for name in HOSTILE]
    assert list_source(source).refused == [*refused, "inner.zip", "v/inner.tar"]
    assert read_all(source) == {"a.json": LABEL}


@pytest.mark.parametrize(
    "names",
    [["a.json", "a.json"], ["v/1.jpg", "b.json", "v/1.jpg"], ["a/b.json", "a\\b.json"], ["a.json", "./a.json"]],
)
def test_two_members_of_one_name(tmp_path, names):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive, pytest.MonkeyPatch.context() as patch:
        for name in names:
            patch.setattr(archive, "NameToInfo", {})
            archive.writestr(name, LABEL)
    refuse(tmp_path, file.getvalue(), f"holds two members of one name: {names[0]}")


def test_names_whose_hashes_are_equal_are_no_doubles(tmp_path, monkeypatch):
    monkeypatch.setattr(zip_listing, "hash", lambda name: 1, raising=False)
    assert read_all(write_source(tmp_path / "a.zip", make_zip())) == MEMBERS


@pytest.mark.parametrize(
    ("field", "form", "value", "message"),
    [
        (8, "<H", 1, "b.json in it is encrypted; unpack it with its password"),
        (8, "<H", 64, "is encrypted"),
        (10, "<H", 12, "packed by method 12, and only stored"),
        (10, "<H", 0, "claims 190 bytes from [0-9]+, more than any packing"),  # stored, but of another size
        (24, "<L", 1 << 30, "claims 1,073,741,824 bytes from"),
        (24, "<L", 0xFFFFFFFF, "zip64 whose sizes are missing"),
        (20, "<L", 1 << 30, "would reach to byte [0-9]+, into the directory"),
        (20, "<L", 500, "overlaps the one before it"),
        (42, "<L", 1 << 30, "no member at offset 1,073,741,824"),
        (42, "<L", 1, "no member at offset 1,"),
        (28, "<H", 7, "no member at offset|no entry|ends within"),
        (30, "<H", 60_000, "no entry|ends within"),
        (0, "<L", 0, "no entry of a directory"),
    ],
)
def test_lies_of_an_entry(tmp_path, field, form, value, message):
    data = make_zip(MEMBERS | {"a/b.json": LABEL[:190]})
    refuse(tmp_path, change_entry(data, b"a/b.json", field, form, value), message)


def test_members_that_share_their_data(tmp_path):
    """As those of a bomb of David Fifield's kind: a small file that every entry points to."""
    data = make_zip({f"v/{number}.jpg": bytes(99) for number in range(9)}, zipfile.ZIP_STORED)
    for number in range(9):
        data = change_entry(data, b"v/%d.jpg" % number, 42, "<L", 0)
    refuse(tmp_path, data, "no member at offset 0, where|overlaps")


def test_a_bomb_by_its_ratio(tmp_path):
    data = make_zip({"v/1.jpg": bytes(1 << 22)})
    listing = list_source(write_source(tmp_path / "a.zip", data))  # 1029 times: deflate can do that
    assert listing.folders[0][1] == 1
    refuse(tmp_path, change_entry(data, b"v/1.jpg", 24, "<L", 1 << 24), "more than any packing")


def test_the_memory_of_a_listing_grows_with_folders_and_not_with_frames(tmp_path):
    def measure(frames: int) -> int:
        members = {f"v{number // 1000}/frame_{number}_timestamp_{number}.jpg": b"" for number in range(frames)}
        source = write_source(tmp_path / "a.zip", make_zip(members, 0))
        tracemalloc.start()
        listing = list_source(source)
        kept = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        assert sum(count for _, count in listing.folders) == frames
        return kept

    measure(100)  # imports and caches
    assert measure(20_000) - measure(2000) < 18_000 * 20


SMALL = make_zip({"a.json": LABEL, "v/1.jpg": FRAME[:300], "v/2.jpg": b"x" * 50, "b.json": b"{}"})
ORIGINAL = {"a.json": LABEL, "v/1.jpg": FRAME[:300], "v/2.jpg": b"x" * 50, "b.json": b"{}"}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zip_that_is_cut_short_anywhere_is_refused(tmp_path, method):
    data = make_zip(ORIGINAL, method)
    for length in range(0, len(data), 7):
        refuse(tmp_path, data[:length], "its end is missing, so it is cut short or no zip")


def read_or_refuse(path, data: bytes) -> None:
    """Every byte that is read is one that was packed, or the archive or the member is refused."""
    try:
        listed = read_all(write_source(path, data))
    except (DamagedArchive, DamagedMember):
        return
    assert listed == ORIGINAL


def test_every_bit_flipped(tmp_path):
    for at in range(len(SMALL)):
        flipped = bytearray(SMALL)
        flipped[at] ^= 1 << at % 8
        read_or_refuse(tmp_path / "a.zip", bytes(flipped))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_random_damage(tmp_path_factory, data):
    """Of the directory and the end above all, where each field steers something."""
    damaged = bytearray(SMALL)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(SMALL.index(b"PK\x01\x02"), len(SMALL) - 1) | st.integers(0, len(SMALL) - 1))
        new = data.draw(st.binary(min_size=1, max_size=8) | st.sampled_from([b"\xff" * 4, bytes(4), b"\xff\xff"]))
        damaged[at : at + len(new)] = new
    with suppress(DamagedArchive, DamagedMember):
        read_all(write_source(tmp_path_factory.mktemp("damage") / "a.zip", bytes(damaged)))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400))
def test_random_bytes_before_an_end_record(tmp_path_factory, noise):
    data = noise + SMALL[find_end(SMALL) :]
    with suppress(DamagedArchive, DamagedMember):
        assert read_all(write_source(tmp_path_factory.mktemp("noise") / "a.zip", data)) == {}


def test_a_folder_of_a_zip_that_was_changed_since(tmp_path):
    source = write_source(tmp_path / "a.zip", make_zip())
    folder = list_source(source).folders[0][0]
    write_source(tmp_path / "a.zip", random.Random(1).randbytes(source.size))
    with pytest.raises(DamagedArchive, match="no entry of a directory"):
        list(list_folder(folder))
