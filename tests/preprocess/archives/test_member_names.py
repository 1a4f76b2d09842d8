import unicodedata

import pytest

from preprocess.archives.member_names import decode_member_name, is_inside

KOREAN = "라벨링데이터/고양이.json"


@pytest.mark.parametrize(
    ("stored", "is_utf8"),
    [
        (KOREAN.encode(), True),
        (KOREAN.encode(), False),  # macOS, and Python before 2014
        (KOREAN.encode("cp949"), False),  # Korean Windows
        (unicodedata.normalize("NFD", KOREAN).encode(), True),
        (unicodedata.normalize("NFD", KOREAN).encode(), False),
        (KOREAN.replace("/", "\\").encode("cp949"), False),
        (f"./{KOREAN}".replace("/", "//").encode(), False),
    ],
)
def test_every_spelling_gives_one_name(stored, is_utf8):
    assert decode_member_name(stored, is_utf8) == KOREAN


def test_cp949_letters_whose_second_byte_is_a_backslash():
    """The extended letters of CP949 have second bytes from 0x41 on, 0x5C is none of them: a backslash is one."""
    letters = bytes([0x81, 0x41]).decode("cp949") + "\\" + bytes([0xC6, 0x52]).decode("cp949")
    assert decode_member_name(letters.encode("cp949")) == letters.replace("\\", "/")


def test_bytes_of_no_encoding_stay_told_apart():
    assert decode_member_name(b"\xff\xfe.json") == "\\xff\\xfe.json"
    assert decode_member_name(b"\xb0\xed", is_utf8=True) == "\\xb0\\xed"  # CP949, but the flag says UTF-8


@pytest.mark.parametrize(
    ("stored", "name"),
    [
        (b"./a", "a"),
        (b"a/./b//c", "a/b/c"),
        (b"a/", "a/"),
        (b"./a/", "a/"),
        (b"./", ""),
        (b"//a//b", "/a/b"),
        (b"a./b", "a./b"),
        (b".", "."),
        (b"a/../b", "a/../b"),
        (b"../b", "../b"),
    ],
)
def test_parts_that_a_disk_passes_over(stored, name):
    assert decode_member_name(stored) == name


@pytest.mark.parametrize("name", ["a", "a/b.json", "a..b/c", "...", "가/나"])
def test_names_inside(name):
    assert is_inside(name)


@pytest.mark.parametrize(
    "name", ["", "/etc/passwd", "../a", "a/../../b", "a/..", "C:/a", "c:a", "//host/share", "a\0b"]
)
def test_names_that_lead_out(name):
    assert not is_inside(name)
