import multiprocessing
import os
import random

import pytest

from preprocess.archives import byte_source
from preprocess.archives.byte_source import (
    ByteSource,
    Part,
    close_files,
    find_changed_file,
    open_whole,
    read_bytes,
)
from shards.storage.files import IrregularFile

DATA = random.Random(1).randbytes(10_000)


@pytest.fixture
def parts(tmp_path) -> ByteSource:
    """DATA in three files, the second with other bytes around it, and an empty one between."""
    pieces = {"가": DATA[:3000], "나": b"before" + DATA[3000:3007] + b"after", "다": DATA[3007:], "라": b""}
    for name, data in pieces.items():
        (tmp_path / name).write_bytes(data)
    places = [("가", 0, 3000), ("라", 0, 0), ("나", 6, 7), ("다", 0, 6993)]
    return ByteSource(tuple(Part(os.fsencode(tmp_path / name), *place) for name, *place in places))


@pytest.mark.parametrize(
    ("offset", "length"),
    [(0, 10_000), (2999, 2), (2999, 9), (3000, 7), (3006, 1), (3007, 5), (9999, 1), (0, 0), (10_000, 5), (9990, 99)],
)
def test_ranges_across_files(parts, offset, length):
    assert parts.size == len(DATA)
    assert read_bytes(parts, offset, length) == DATA[offset : offset + length]
    narrowed = parts.narrow(offset, length)
    assert narrowed.size == len(DATA[offset : offset + length])
    assert read_bytes(narrowed, 0, 10_000) == DATA[offset : offset + length]
    assert read_bytes(narrowed, 2, 3) == DATA[offset : offset + length][2:5]


def test_an_offset_outside_gives_nothing(parts):
    assert read_bytes(parts, -1, 5) == read_bytes(parts, 1 << 70, 5) == b""


def test_a_file_that_was_cut_gives_what_is_there(parts, tmp_path):
    os.truncate(tmp_path / "가", 100)
    assert read_bytes(parts, 50, 5000) == DATA[50:100]  # and nothing of the files behind, which would be misplaced


def test_a_changed_file_is_noticed(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"123")
    source = open_whole(os.fsencode(path))
    assert find_changed_file(source) is None and source.narrow(1, 1).parts[0].state == source.parts[0].state
    os.utime(path, ns=(5, 5))
    assert find_changed_file(source) == os.fsencode(path)
    path.unlink()
    assert find_changed_file(source) == os.fsencode(path)
    path.mkdir()
    assert find_changed_file(source) == os.fsencode(path)
    with pytest.raises(IrregularFile):
        open_whole(os.fsencode(path))


def count_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_few_files_are_open_at_a_time(tmp_path):
    close_files()
    before = count_descriptors()
    paths = [tmp_path / str(number) for number in range(50)]
    for path in paths:
        path.write_text(path.name)
    for _ in range(2):
        for path in paths:
            assert read_bytes(open_whole(os.fsencode(path)), 0, 9) == path.name.encode()
            assert count_descriptors() <= before + byte_source._OPEN_FILES
    close_files()
    assert count_descriptors() == before


def _read_at_random(source: ByteSource, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(3000):
        offset = chance.randrange(len(DATA))
        assert read_bytes(source, offset, 50) == DATA[offset : offset + 50]


def test_processes_that_share_a_descriptor_do_not_share_its_offset(parts):
    _read_at_random(parts, 0)  # opens the files
    fork = multiprocessing.get_context("fork")
    children = [fork.Process(target=_read_at_random, args=(parts, seed)) for seed in (1, 2)]
    for child in children:
        child.start()
    _read_at_random(parts, 3)
    for child in children:
        child.join()
        assert child.exitcode == 0


def test_a_file_is_opened_anew_after_an_error(parts, monkeypatch):
    """As after a network disk was mounted again, when old descriptors stay stale."""
    read_bytes(parts, 0, 1)
    stale = byte_source._open_cached(parts.parts[0].path).fileno()
    real = os.pread

    def pread(descriptor: int, length: int, offset: int) -> bytes:
        if descriptor == stale and calls.append(descriptor) is None and len(calls) == 1:
            raise OSError(116, "Stale file handle")
        return real(descriptor, length, offset)

    calls: list[int] = []
    monkeypatch.setattr(os, "pread", pread)
    monkeypatch.setattr("shards.storage.files._RETRY_PAUSES", (0.0,))
    assert read_bytes(parts, 0, 10) == DATA[:10] and calls


def test_a_missing_file_is_named(tmp_path):
    path = os.fsencode(tmp_path / "없음")
    with pytest.raises(FileNotFoundError) as caught:
        read_bytes(ByteSource((Part(path, 0, 5),)), 0, 5)
    assert caught.value.filename == path
