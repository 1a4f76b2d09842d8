import io

import pytest

from shards.tfrecord import OVERHEAD, DamagedRecord, iterate_records, pack_record, read_record_at

RECORDS = [b"first", b"", b"\x00" * 1000, "셋째".encode()]


def test_tensorflow_writes_the_same_bytes_and_reads_ours(tmp_path):
    import tensorflow as tf

    with tf.io.TFRecordWriter(str(tmp_path / "theirs")) as writer:
        for record in RECORDS:
            writer.write(record)
    ours = b"".join(map(pack_record, RECORDS))
    assert (tmp_path / "theirs").read_bytes() == ours
    (tmp_path / "ours").write_bytes(ours)
    assert [r.numpy() for r in tf.data.TFRecordDataset(str(tmp_path / "ours"))] == RECORDS


def test_round_trip_with_places():
    data = b"".join(map(pack_record, RECORDS))
    frames = list(iterate_records(io.BytesIO(data)))
    assert [frame.record for frame in frames] == RECORDS
    assert [frame.length for frame in frames] == [len(record) + OVERHEAD for record in RECORDS]
    for frame in frames:
        assert read_record_at(io.BytesIO(data), frame.offset) == frame.record


@pytest.mark.parametrize(("offset", "what"), [(0, "within the record"), (21, "before the record"), (99, "before the")])
def test_a_record_that_the_file_ends_before(offset, what):
    with pytest.raises(DamagedRecord, match=f"^offset {offset}: the file ends {what}"):
        read_record_at(io.BytesIO(pack_record(b"first")[: 21 - (offset == 0)]), offset)


@pytest.mark.parametrize("bit", range(8 * (5 + OVERHEAD)))
def test_any_flipped_bit_is_found_and_placed(bit):
    data = bytearray(pack_record(b"before") + pack_record(b"first"))
    start = len(pack_record(b"before"))
    data[start + bit // 8] ^= 1 << bit % 8
    with pytest.raises(DamagedRecord) as damage:
        list(iterate_records(io.BytesIO(bytes(data))))
    assert damage.value.offset == start


@pytest.mark.parametrize("length", range(1, 5 + OVERHEAD))
def test_a_cut_file_is_found(length):
    with pytest.raises(DamagedRecord):
        list(iterate_records(io.BytesIO(pack_record(b"first")[:length])))


def test_no_more_memory_is_asked_for_than_the_file_has():
    import struct

    from shards.tfrecord import _masked_crc

    head = struct.pack("<Q", 2**62)
    with pytest.raises(DamagedRecord, match=r"^offset 0: the file ends within the record"):
        list(iterate_records(io.BytesIO(head + _masked_crc(head) + b"x" * 100)))
