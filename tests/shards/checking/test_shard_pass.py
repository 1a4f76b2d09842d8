"""One pass over a shard tells whole records from others, and is sure of all that preprocess writes."""

import hashlib

import numpy as np
import pytest

from shards import verification
from shards.checking.manifest_rows import read_rows, select_records
from shards.checking.shard_pass import ShardPass
from shards.dataset import read_dataset
from shards.record_fields import CROPS, RECORD_KINDS
from shards.tfrecord import CRC_SIZE, HEAD_SIZE, iterate_records, pack_record


@pytest.fixture(scope="module", params=RECORD_KINDS, ids=lambda kind: kind.name)
def shard(request, odd_dataset):
    """The path of a shard of each kind of records, and what its records are expected to be."""
    dataset = read_dataset(odd_dataset)
    split, shard = next(verification._list_view(dataset, request.param))
    own = select_records(read_rows(odd_dataset), request.param)
    return odd_dataset / shard.file, verification._expect_shard(split, shard, own, dataset.image_size)


def check(tmp_path, data: bytes, expected, size: int | None = None) -> bool:
    path = tmp_path / "shard"
    path.write_bytes(data)
    digest, is_sure = ShardPass().check(path, len(data) if size is None else size, expected)
    assert digest == hashlib.sha256(data).hexdigest()
    return is_sure


def test_it_is_sure_of_all_shards_that_preprocess_writes(odd_dataset):
    doubtful = set()
    dataset = read_dataset(odd_dataset)
    assert not list(
        verification._check_shards(odd_dataset, dataset, read_rows(odd_dataset), doubtful, lambda size: None)
    )
    assert len(dataset.all_shards) > 2 and not doubtful


def test_any_other_byte_makes_it_unsure(shard, tmp_path):
    """With fitting CRCs wherever a record is changed, so that the other checks are what finds it."""
    path, expected = shard
    data = path.read_bytes()
    assert check(tmp_path, data, expected)
    start, length = expected.places[-1]
    picture = start + len(expected.heads[-1].as_py())
    picture_end = start + length - CRC_SIZE - len(expected.behind[-1].as_py())
    for place in (*range(start, picture + 2), *range(picture_end - 2, start + length)):
        changed = bytearray(data)
        changed[place] ^= 4
        if start + HEAD_SIZE <= place < start + length - CRC_SIZE:
            record = bytes(changed[start + HEAD_SIZE : start + length - CRC_SIZE])
            changed[start : start + length] = pack_record(record)
        assert not check(tmp_path, bytes(changed), expected), place - start
    changed = bytearray(data)
    changed[(picture + picture_end) // 2] ^= 4  # within the scan: only the CRC tells
    assert not check(tmp_path, bytes(changed), expected)


def test_other_sizes_make_it_unsure(shard, tmp_path):
    path, expected = shard
    data = path.read_bytes()
    for size in (len(data) - 1, len(data) + 1):
        assert not check(tmp_path, data, expected, size)
    assert not check(tmp_path, data[:-1], expected, len(data))
    assert not check(tmp_path, data + b"\0", expected, len(data))
    assert not check(tmp_path, data, expected._replace(sizes=expected.sizes + 1))
    assert not check(tmp_path, data, None)


def test_pieces_and_their_edges(shard, tmp_path, monkeypatch):
    """However few records a piece has; one that is longer than a piece is a piece."""
    path, expected = shard
    data = path.read_bytes()
    for size in (1, int(expected.places[:2, 1].sum()), len(data)):
        monkeypatch.setattr("shards.checking.shard_pass._PIECE_SIZE", size)
        assert check(tmp_path, data, expected)
        assert not check(tmp_path, data[:-3] + b"\0\0\0", expected)


@pytest.mark.parametrize("length", [0, 1, 90, 127, 128, 16_300, 16_383, 16_384, 2_097_152])
def test_pictures_of_all_lengths(odd_dataset, length):
    """The sizes around a picture take more bytes where it is longer."""
    from shards.checking.expected_records import expect_crops
    from shards.record import encode_record

    rows = select_records(read_rows(odd_dataset), CROPS).rows.slice(0, 1)
    row = rows.to_pylist()[0]
    for size in range(max(0, length - 20), length + 4):
        stated = verification._state_fields(CROPS, row)
        packed = pack_record(encode_record({**stated, "image": b"x" * size}))
        expected = expect_crops(np.array([[0, len(packed)]]), rows, 256)
        head, behind = expected.heads[0].as_py(), expected.behind[0].as_py()
        assert packed[:-CRC_SIZE] == head + b"x" * size + behind


def test_the_constants_are_those_of_the_format(odd_dataset):
    path = odd_dataset / read_dataset(odd_dataset).all_shards[0].file
    with open(path, "rb") as file:
        first = next(iterate_records(file))
    assert first.length == HEAD_SIZE + len(first.record) + CRC_SIZE
