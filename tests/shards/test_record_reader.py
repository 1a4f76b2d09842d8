import builtins

import pytest

from shards.record import encode_record
from shards.record_reader import RecordReader
from shards.tfrecord import DamagedRecord, pack_record


@pytest.fixture
def folder(tmp_path):
    for shard in ("one", "other"):
        records = [pack_record(encode_record({"image": f"{shard} {i}".encode()})) for i in range(3)]
        (tmp_path / shard).write_bytes(b"".join(records))
    return tmp_path


def test_records_of_two_shards_with_each_file_opened_once(folder, monkeypatch):
    opened = []
    monkeypatch.setattr(builtins, "open", lambda path, mode, real=open: opened.append(real(path, mode)) or opened[-1])
    size = len(pack_record(encode_record({"image": b"one 0"})))
    with RecordReader(folder) as reader:
        images = [reader.read_image("one", i * size) for i in (0, 2, 1)]
        images.append(reader.read_image("other", 0))
    assert images == [b"one 0", b"one 2", b"one 1", b"other 0"]
    assert [file.name for file in opened] == [str(folder / "one"), str(folder / "other")]
    assert all(file.closed for file in opened)


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (b"\x0a\xff\xff", "^offset 0: not a tf.train.Example"),
        (encode_record({"label": 1}), "^offset 0: the record has no image"),
    ],
)
def test_what_is_no_record_with_an_image(tmp_path, record, message):
    (tmp_path / "shard").write_bytes(pack_record(record))
    with RecordReader(tmp_path) as reader, pytest.raises(DamagedRecord, match=message):
        reader.read_image("shard", 0)


def test_a_damaged_record_does_not_spoil_the_next_nor_does_a_missing_shard(folder):
    with RecordReader(folder) as reader:
        with pytest.raises(DamagedRecord, match=r"^offset 1: "):
            reader.read_image("one", 1)
        with pytest.raises(FileNotFoundError):
            reader.read_image("missing", 0)
        assert reader.read_image("one", 0) == b"one 0"
