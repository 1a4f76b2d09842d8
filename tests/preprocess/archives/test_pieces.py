import random
import zipfile

import pytest

from preprocess.archives.byte_source import ByteSource
from preprocess.archives.pieces import (
    Piece,
    find_text_order,
    join_pieces,
    merge_pieces,
    sort_as_numbers,
)
from preprocess.archives.zip_directory import DamagedArchive
from tests.preprocess.archives.zips import list_source, make_zip, read_all, write_source

NOISE = random.Random(1).randbytes
FRAMES = {f"v{number // 9}/{number}.jpg": NOISE(900) for number in range(120)}
ARCHIVE = make_zip(FRAMES, zipfile.ZIP_STORED)


def cut(folder, data: bytes, length: int) -> list[Piece]:
    """The pieces of an archive as files, as AI Hub names them."""
    starts = range(0, len(data), length)
    return [
        Piece(f"가.zip.part{start}", start, write_source(folder / f"가.zip.part{start}", data[start : start + length]))
        for start in starts
    ]


@pytest.mark.parametrize("length", [len(ARCHIVE), len(ARCHIVE) - 1, 50_000, 9999, 1024, 333])
def test_pieces_in_any_order(tmp_path, length):
    """Most boundaries lie within a member, some within the directory or a header."""
    pieces = cut(tmp_path, ARCHIVE, length)
    random.Random(2).shuffle(pieces)
    joined = join_pieces(pieces)
    assert joined.size == len(ARCHIVE) and read_all(joined) == FRAMES


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        (0, r"missing or cut short: from byte 0 to 9,000 \(the first piece\); download"),
        (3, r"missing or cut short: from byte 27,000 to 36,000 \(after 가.zip.part18000\); download"),
    ],
)
def test_a_missing_piece(tmp_path, missing, message):
    pieces = cut(tmp_path, ARCHIVE, 9000)
    del pieces[missing]
    with pytest.raises(DamagedArchive, match=message):
        join_pieces(pieces)


def test_a_piece_that_is_cut_short_or_too_long(tmp_path):
    pieces = cut(tmp_path, ARCHIVE, 9000)
    short = pieces[2]._replace(source=pieces[2].source.narrow(0, 8000))
    with pytest.raises(DamagedArchive, match=r"from byte 26,000 to 27,000 \(after 가.zip.part18000\)"):
        join_pieces([*pieces[:2], short, *pieces[3:]])
    long = pieces[2]._replace(source=ByteSource(pieces[2].source.parts * 2))
    with pytest.raises(DamagedArchive, match=r"part18000 reaches to byte 36,000, beyond the beginning of .*part27000"):
        join_pieces([*pieces[:2], long, *pieces[3:]])


def test_a_doubled_piece(tmp_path):
    pieces = cut(tmp_path, ARCHIVE, 9000)
    again = pieces[2]._replace(name="가.zip.part018000")
    with pytest.raises(DamagedArchive, match=r"part018000 and 가.zip.part18000 are the same piece; remove one"):
        join_pieces([*pieces, again])
    with pytest.raises(DamagedArchive, match="the same piece"):
        merge_pieces([pieces[:1], [*pieces, again]])


def test_pieces_in_two_places_complete_each_other(tmp_path):
    pieces = cut(tmp_path, ARCHIVE, 9000)
    short = pieces[4]._replace(source=pieces[4].source.narrow(0, 100))
    merged = merge_pieces([[*pieces[:4], short], pieces[4:]])
    assert read_all(join_pieces(merged)) == FRAMES
    assert merge_pieces([pieces[:2], [piece._replace(name="x") for piece in pieces[:2]]]) == pieces[:2]  # the first's


def join_as_text(data: bytes, length: int) -> bytes:
    """What `cat X.zip.part* > X.zip` makes of the pieces."""
    starts = sorted(range(0, len(data), length), key=str)
    return b"".join(data[start : start + length] for start in starts)


@pytest.mark.parametrize("pieces", [11, 12, 20, 95, 150])
def test_an_archive_that_was_joined_in_text_order(tmp_path, pieces):
    length = len(ARCHIVE) // pieces + 1
    joined = join_as_text(ARCHIVE, length)
    source = write_source(tmp_path / "가.zip", joined)
    assert joined != ARCHIVE and joined[-22:] != ARCHIVE[-22:]
    with pytest.raises(DamagedArchive, match="its end is missing"):
        list_source(source)
    found = find_text_order(source)  # pieces of twice the length may give the same order
    assert found in (length, 2 * length) and read_all(sort_as_numbers(source, found)) == FRAMES


def test_text_order_where_the_end_stays_at_the_end(tmp_path):
    """The last piece, part98304, comes last as text too, so that the archive opens."""
    archive = make_zip(dict(list(FRAMES.items())[:100]), zipfile.ZIP_STORED)
    joined = join_as_text(archive, 1024)
    assert joined != archive and joined[-2000:] == archive[-2000:]
    source = write_source(tmp_path / "가.zip", joined)
    with pytest.raises(DamagedArchive):
        list_source(source)
    assert find_text_order(source) == 1024


@pytest.mark.parametrize(
    "data",
    [
        b"",
        ARCHIVE,
        ARCHIVE[:-1],
        ARCHIVE[:50_000],
        ARCHIVE + bytes(720_720),  # bytes behind the end, which many lengths divide
        ARCHIVE + b"PK\x05\x06" + NOISE(99),
        NOISE(200_000),
        bytes(200_000),
    ],
)
def test_what_was_not_joined_in_text_order(tmp_path, data):
    assert find_text_order(write_source(tmp_path / "가.zip", data)) is None


def test_an_end_record_across_two_windows(tmp_path, monkeypatch):
    joined = write_source(tmp_path / "가.zip", join_as_text(ARCHIVE, 5000))
    for window in range(100, 130):
        monkeypatch.setattr("preprocess.archives.pieces._WINDOW", window)
        assert find_text_order(joined) == 5000
