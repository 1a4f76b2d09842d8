"""Every column and field is described, in words that hold for real rows and stand in the docs."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shards.descriptions.field_descriptions import COLUMN_DESCRIPTIONS
from shards.descriptions.field_tables import tabulate_columns, tabulate_fields
from shards.emotions import ENGLISH, KOREAN
from shards.manifest import MANIFEST_FILE, MOOD_COLUMNS, SCHEMA, make_schema, read_manifest, take_rows
from shards.record_fields import CROPS, RECORD_KINDS, WHOLE_FRAMES
from tests.conftest import ROOT
from tests.tools.manifests import make_row, write_rows

NO_LABEL = ("label_unreadable", "label_invalid")
# By null rule: when a row has a null there. "maybe": what the rule says cannot be seen from the other columns.
NULLS = {
    "the label file could not be used, or the annotation names no frame": lambda row: (
        row["reason"] in NO_LABEL or ("maybe" if row["reason"] == "annotation_invalid" else False)
    ),
    "the label does not state it": "maybe",
    "the source has no such image": lambda row: (
        row["reason"] in ("image_missing", *NO_LABEL) or ("maybe" if row["reason"] == "annotation_invalid" else False)
    ),
    "the name has none": "maybe",
    "the annotation has no box that can be read": lambda row: (
        row["reason"] in ("box_missing", *NO_LABEL) or ("maybe" if row["status"] == "rejected" else False)
    ),
    "the image was not read, or is no JPEG": lambda row: "maybe" if row["status"] == "rejected" else False,
    "no crop was cut: the row was rejected for its label, its image or its box": lambda row: (
        row["status"] == "rejected" and row["reason"] != "label_conflict"
    ),
    "the mood is missing or none of the six": lambda row: row["reason"] in ("emotion_unknown", *NO_LABEL),
    "no frame of the video has a mood": lambda row: row["reason"] in ("emotion_unknown", *NO_LABEL),
    "the status is `kept` or `unselected`": lambda row: row["status"] in ("kept", "unselected"),
    "there is nothing to say": "maybe",
    "the row stands for itself: its status is no `duplicate`": lambda row: row["status"] != "duplicate",
    "the row has no record: its status is not `kept`, or this is a dry run": lambda row: row["status"] != "kept",
    "there is no whole frame of the row": lambda row: "maybe" if row["status"] == "kept" else True,
    "never": lambda row: False,
}


def test_every_column_and_field_is_described_and_nothing_else():
    assert list(COLUMN_DESCRIPTIONS) == SCHEMA.names
    for kind in RECORD_KINDS:
        assert set(kind.descriptions) == set(kind.fields), kind.name


def test_the_null_rules_are_those_of_real_rows(odd_dataset):
    rows = pq.read_table(odd_dataset / MANIFEST_FILE).to_pylist()
    assert {found.null for found in COLUMN_DESCRIPTIONS.values()} == set(NULLS)
    for name, found in COLUMN_DESCRIPTIONS.items():
        assert SCHEMA.field(name).nullable == (found.null != "never"), name
        for row in rows:
            rule = NULLS[found.null]
            expected = rule if isinstance(rule, str) else rule(row)
            assert expected == "maybe" or (row[name] is None) == expected, (name, found.null, row)


def test_the_metadata_of_the_file_says_the_same(odd_dataset):
    for schema in (pq.read_schema(odd_dataset / MANIFEST_FILE), make_schema(256)):
        for name, found in COLUMN_DESCRIPTIONS.items():
            metadata = {key.decode(): value.decode() for key, value in schema.field(name).metadata.items()}
            assert metadata.items() >= {"description": found.what, "unit": found.unit, "null": found.null}.items()


@pytest.mark.parametrize("kind", RECORD_KINDS)
def test_tensorflow_datasets_tells_the_descriptions(odd_dataset, kind):
    folder = odd_dataset / ("frames" if kind is WHOLE_FRAMES else "")
    features = json.loads((folder / "features.json").read_text())["featuresDict"]["features"]
    assert {name: (found["description"], found["valueRange"]) for name, found in features.items()} == {
        name: (found.what, found.unit) for name, found in kind.descriptions.items()
    }
    tfds = pytest.importorskip("tensorflow_datasets")
    built = tfds.builder_from_directory(str(folder)).info.features["label"].doc
    assert (built.desc, built.value_range) == kind.descriptions["label"][:2]


def test_the_docs_have_these_tables():
    page = (ROOT / "docs" / "dataset.md").read_text()
    for table in (tabulate_columns(), tabulate_fields(CROPS), tabulate_fields(WHOLE_FRAMES)):
        assert f"\n\n{table}\n\n" in page, f"docs/dataset.md needs this table:\n{table}"
    assert f"\n{len(SCHEMA)} columns" in page


def test_moods_have_their_names_beside_the_number(tmp_path):
    rows = [make_row("a", 5 * n, n, label=n if n < 6 else None) for n in range(7)]
    rows[0] |= {"mood_korean": "행복/즐거움"}  # what rows say themselves does not count
    folder = write_rows(tmp_path / "out", rows)
    found = pq.read_table(folder / MANIFEST_FILE)
    assert found["mood_korean"].to_pylist() == [*KOREAN, None] and found["mood_english"].to_pylist() == [*ENGLISH, None]
    assert found["mood_korean"].chunk(0).dictionary.to_pylist() == list(KOREAN)  # all six, in the order of numbers
    frame = found.to_pandas()
    assert list(frame["mood_english"].cat.categories) == list(ENGLISH)


@pytest.mark.parametrize("wanted", [None, ["key", "mood_english"], ["mood_korean", "label"]])
def test_older_manifests_get_the_names(tmp_path, wanted):
    folder = write_rows(tmp_path / "out", [make_row("a", 5 * n, n, label=n % 6) for n in range(8)])
    path = folder / MANIFEST_FILE
    pq.write_table(pq.read_table(path).drop_columns(list(MOOD_COLUMNS)), path)
    rows = pa.concat_tables(read_manifest(folder, wanted))
    for name in (name for name in MOOD_COLUMNS if wanted is None or name in wanted):
        assert rows[name].to_pylist() == [MOOD_COLUMNS[name][n % 6] for n in range(8)]
    assert wanted is None or sorted(rows.column_names) == sorted(wanted)
    assert take_rows(folder, [7], ["mood_english"]) == {7: {"mood_english": ENGLISH[1]}}
