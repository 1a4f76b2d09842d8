"""The columns of manifest.parquet are a contract, so they stand here once more."""

import msgspec
import pyarrow as pa
import pytest

from preprocess.cutting.frame_row import FrameRow
from preprocess.writing.spill import make_spill_schema
from shards.manifest import SCHEMA, make_schema
from shards.manifest_row import ManifestRow

REQUIRED = {"key": "k", "source": 0, "label_file": "l", "video": "v", "status": "kept"}
MOODS = "dictionary<values=string, indices=int8, ordered=0>"
COLUMNS = [
    *[("key", "string"), ("source", "int16"), ("label_file", "string"), ("image_file", "string"), ("video", "string")],
    *[("frame_number", "int32"), ("timestamp", "int64"), ("species", "string"), ("action", "string")],
    *[("breed", "string"), ("gender", "string"), ("age", "int32"), ("neuter", "string"), ("location", "string")],
    *[
        ("date", "string"),
        ("animal_count", "int32"),
        ("width", "int32"),
        ("height", "int32"),
        ("box_x", "int32"),
        ("box_y", "int32"),
    ],
    *[("box_width", "int32"), ("box_height", "int32"), ("crop_x", "int32"), ("crop_y", "int32")],
    *[("crop_size", "int32"), ("emotion_inspect", "string"), ("emotion_owner", "string"), ("label", "int8")],
    *[
        ("mood_korean", MOODS),
        ("mood_english", MOODS),
        ("split", "string"),
        ("status", "string"),
        ("reason", "string"),
        ("note", "string"),
    ],
    *[("hash", "fixed_size_binary[8]"), ("detail", "int32"), ("duplicate_of", "string"), ("distance", "int16")],
    *[("shard", "string"), ("index", "int32"), ("offset", "int64"), ("length", "int32")],
    *[("video_index", "int32"), ("video_count", "int32")],
    *[("frame_shard", "string"), ("frame_index", "int32"), ("frame_offset", "int64"), ("frame_length", "int32")],
]
SPILL_COLUMNS = [
    *[("content", "uint32"), ("shuffle_key", "uint64"), ("spill_offset", "int64"), ("spill_length", "int32")],
    *[("spill_check", "uint32"), ("frame_spill_offset", "int64"), ("frame_spill_length", "int32")],
    *[("frame_spill_check", "uint32"), ("pixels", "fixed_size_binary[16]")],
]


def describe(schema: pa.Schema) -> list[tuple[str, str]]:
    return [(field.name, str(field.type)) for field in schema]


def test_the_schema_is_that_of_the_contract():
    assert describe(SCHEMA) == COLUMNS
    assert {field.name for field in SCHEMA if not field.nullable} == set(REQUIRED)
    assert make_schema(256).field("hash").type == pa.binary(32)


def test_the_spill_has_the_same_columns_and_nine_more():
    assert describe(make_spill_schema(64)) == COLUMNS + SPILL_COLUMNS
    assert make_spill_schema(256).field("hash").type == pa.binary(32)


@pytest.mark.parametrize("row_type", [ManifestRow, FrameRow])
def test_a_column_that_does_not_exist_is_refused(row_type):
    row = row_type(**REQUIRED)
    with pytest.raises(AttributeError):
        row.emotion = "calm"
    with pytest.raises(TypeError, match="emotion"):
        row_type(**REQUIRED, emotion="calm")
    with pytest.raises(msgspec.ValidationError, match="emotion"):
        msgspec.convert(REQUIRED | {"emotion": "calm"}, row_type)
    with pytest.raises(TypeError, match="status"):
        row_type(**{name: value for name, value in REQUIRED.items() if name != "status"})
