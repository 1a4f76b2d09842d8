import pytest

from shards.record import decode_record, encode_record
from shards.record_fields import FIELDS

RECORD = {
    "image": b"\xff\xd8\x00\xff\xd9",
    "label": 3,
    "species": "CAT",
    "video": "고양이-000001",
    "frame_number": 12,
    "timestamp": 2400,
    "key": "고양이-000001/12",
    "video_index": 0,
    "video_count": 7,
}


def test_round_trip():
    assert decode_record(encode_record(RECORD)) == RECORD
    assert set(RECORD) == set(FIELDS)


def test_bytes_do_not_depend_on_the_order_of_fields():
    assert encode_record(RECORD) == encode_record(dict(reversed(RECORD.items())))


def test_is_the_example_of_tensorflow():
    import tensorflow as tf

    example = tf.train.Example.FromString(encode_record(RECORD))
    assert example.SerializeToString(deterministic=True) == encode_record(RECORD)
    spec = {name: tf.io.FixedLenFeature([], tf.int64 if kind is int else tf.string) for name, kind in FIELDS.items()}
    parsed = tf.io.parse_single_example(encode_record(RECORD), spec)
    assert parsed["label"].numpy() == 3 and parsed["video"].numpy().decode() == RECORD["video"]


def test_what_is_no_record():
    import tensorflow as tf

    with pytest.raises(ValueError, match="not a tf"):
        decode_record(b"\x0a\xff\xff")
    feature = tf.train.Feature(int64_list=tf.train.Int64List(value=[1]))
    strange = tf.train.Example(features=tf.train.Features(feature={"colour": feature}))
    with pytest.raises(ValueError, match="colour"):
        decode_record(strange.SerializeToString())
    twice = tf.train.Feature(int64_list=tf.train.Int64List(value=[1, 2]))
    double = tf.train.Example(features=tf.train.Features(feature={"label": twice}))
    with pytest.raises(ValueError, match="label"):
        decode_record(double.SerializeToString())
