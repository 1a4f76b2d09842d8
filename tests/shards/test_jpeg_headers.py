"""Headers of JPEGs: one outcome for each kind, whether the whole is at hand or a file."""

from pathlib import Path

import pytest

from shards.jpeg_headers import Header, UnreadableImage, read_file_header, read_header
from tests.trees import HEIGHT, WIDTH, make_jpeg, with_segment

PLAIN = make_jpeg(1)
SIZE = HEIGHT.to_bytes(2) + WIDTH.to_bytes(2)


def read_both(data: bytes, folder: Path) -> Header | str:
    """The header or why there is none, of bytes and of a file with these bytes."""
    path = folder / "사진.jpg"
    path.write_bytes(data)
    found = []
    for read, source in ((read_header, data), (read_file_header, path)):
        try:
            found.append(read(source))
        except UnreadableImage as error:
            found.append(str(error))
    assert found[0] == found[1]
    return found[0]


def note(size: int) -> bytes:
    return b"\xff\xd9" * (size // 2)  # end markers, as thumbnails have


def with_notes(data: bytes) -> bytes:
    """The frame header lies behind the first 64 KB."""
    for _ in range(3):
        data = with_segment(data, 0xE1, note(60_000))
    return data


def with_frame(data: bytes, at: int, value: bytes, marker: int = 0xC0) -> bytes:
    """Change bytes of the frame header, counted from its marker."""
    start = data.index(b"\xff\xc0") + at
    changed = data[:start] + value + data[start + len(value) :]
    return changed.replace(b"\xff\xc0", bytes([0xFF, marker]), 1)


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (PLAIN, (WIDTH, HEIGHT)),
        (make_jpeg(0, 33, 999), (33, 999)),
        (PLAIN.replace(SIZE, SIZE[2:] + SIZE[:2]), (HEIGHT, WIDTH)),
        (PLAIN + bytes(100_000), (WIDTH, HEIGHT)),
        (PLAIN + PLAIN, (WIDTH, HEIGHT)),  # a second picture behind the first, as some phones write
        (PLAIN[:2] + b"\xff" * 9 + PLAIN[2:], (WIDTH, HEIGHT)),  # fill bytes
        (PLAIN[:2] + b"\xff\x01\xff\xd0" + PLAIN[2:], (WIDTH, HEIGHT)),  # markers without a length
        (with_segment(PLAIN, 0xE1, make_jpeg(2, 64, 64)), (WIDTH, HEIGHT)),  # a thumbnail with markers of its own
        (with_notes(PLAIN), (WIDTH, HEIGHT)),
        (with_frame(PLAIN, 5, b"\xff\xff\xff\xff"), (65535, 65535)),  # a huge claim is read, not decoded
    ],
)
def test_sizes(tmp_path, data, size):
    assert read_both(data, tmp_path) == size


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty file"),
        (b"hello", "not a JPEG"),
        (b"\x89PNG\r\n\x1a\n", "not a JPEG"),
        (b"\xff\xd8", "truncated"),
        (b"\xff\xd8\xff\xd9", "truncated"),
        (PLAIN[:100], "ends before its first scan"),
        (PLAIN[:400], "truncated"),
        (PLAIN[:-2], "no end marker"),
        (PLAIN[: len(PLAIN) // 2], "no end marker"),
        (with_segment(PLAIN, 0xE1, PLAIN)[: len(PLAIN) + 1000], "no end marker"),  # that of a thumbnail is not its own
        (with_notes(PLAIN)[:-2], "no end marker"),
        (PLAIN[:2] + PLAIN[PLAIN.index(b"\xff\xda") :], "before the frame header"),
        (with_frame(PLAIN, 4, b"\x0c"), "12 bits"),
        (with_frame(PLAIN, 5, b"\0\0"), "320x0"),
        (with_frame(PLAIN, 7, b"\0\0"), "0x240"),
        (with_frame(PLAIN, 0, b"", 0xC3), "lossless"),
        (with_frame(PLAIN, 0, b"", 0xC9), "arithmetic"),
        (with_frame(PLAIN, 0, b"", 0xCA), "arithmetic"),
    ],
)
def test_kinds_that_are_refused(tmp_path, data, message):
    assert message in read_both(data, tmp_path)


def test_any_cut_is_found(tmp_path):
    for length in range(0, len(PLAIN) - 1, 7):
        assert isinstance(read_both(PLAIN[:length], tmp_path), str)


def test_no_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_file_header(tmp_path / "none.jpg")


def test_odd_real_files(real_files, tmp_path):
    paths = sorted((real_files / "jpeg_edge").rglob("*.jp*g"))
    outcomes = [read_both(path.read_bytes(), tmp_path) for path in paths]
    assert len({type(outcome) for outcome in outcomes}) == 2
