"""The card in a dataset's folder: what it says is so, and each way to open the dataset runs as it stands there."""

import re
import shutil
from collections import Counter

import pyarrow.parquet as pq
import pytest

from preprocess.output_folder.replacement import list_foreign_files
from shards.dataset import DATASET_FILE, read_dataset
from shards.descriptions.dataset_card import CARD_FILE, format_card
from shards.descriptions.opening_code import OPENING_CODE
from shards.descriptions.reason_descriptions import REASON_DESCRIPTIONS, tabulate_reasons
from shards.emotions import EMOTIONS
from shards.manifest import DUPLICATIONS, REJECTIONS
from shards.verification import verify_dataset
from tests.conftest import ROOT

BLOCK = re.compile(r"### ([\w.]+)\n\n```python\n(.*?)```", re.DOTALL)
NEEDED = {
    "tensorflow_datasets": "tensorflow_datasets",
    "pandas": "pandas",
    "DuckDB": "duckdb",
    "polars": "polars",
    "tf.data": "tensorflow",
    "PyTorch": "torch",
}


@pytest.fixture(scope="module")
def rows(odd_dataset):
    return pq.read_table(odd_dataset / "manifest.parquet").to_pylist()


@pytest.fixture
def run_code(odd_dataset, monkeypatch):
    """Runs a card's block for a tool in the dataset's folder; returns its variables."""
    blocks = dict(BLOCK.findall((odd_dataset / CARD_FILE).read_text()))
    assert blocks.keys() == OPENING_CODE.keys() == NEEDED.keys()

    def run(tool):
        pytest.importorskip(NEEDED[tool])
        monkeypatch.chdir(odd_dataset)
        variables = {"__name__": "block"}
        exec(compile(blocks[tool], f"the card on {tool}", "exec"), variables)
        return variables

    return run


def count_moods(rows):
    """(split, Korean, English) -> kept frames."""
    return Counter((row["split"], *EMOTIONS[row["label"]]) for row in rows if row["status"] == "kept")


def test_the_card_is_a_file_of_the_dataset(odd_dataset, tmp_path):
    made = read_dataset(odd_dataset)
    assert CARD_FILE in made.files and not list(verify_dataset(odd_dataset))
    assert (odd_dataset / CARD_FILE).read_text() == format_card(made)
    copy = shutil.copytree(odd_dataset, tmp_path / "out")
    (copy / CARD_FILE).write_text("")
    assert any(CARD_FILE in fault for fault in verify_dataset(copy))


def test_the_card_tells_counts_reasons_and_settings(odd_dataset, rows):
    card, counts = (odd_dataset / CARD_FILE).read_text(), read_dataset(odd_dataset).counts
    assert f"| all | {len(rows)} | annotations |" in card
    for reason, count in Counter(row["reason"] for row in rows if row["reason"]).items():
        assert f"| `{reason}` | {count} | {REASON_DESCRIPTIONS[reason]} |" in card
    for split, korean, english in count_moods(rows):
        found = counts["splits"][split]["emotions"][korean]
        assert re.search(rf"\| \d \| {korean} \| {english} \|.* {found['frames']} \| {found['videos']} \|", card)
    for setting in ('| `box.policy` | "clip" |', "| `seed` | 0 |", "| `select.per_video` | null |"):
        assert setting in card
    assert "학습 1개, 검증 2개" in card and str(odd_dataset.parent) not in card


def test_reasons_are_those_of_the_docs():
    assert list(REASON_DESCRIPTIONS) == [*REJECTIONS, *DUPLICATIONS]
    assert f"\n\n{tabulate_reasons()}\n\n" in (ROOT / "docs" / "dataset.md").read_text(), tabulate_reasons()


def test_only_our_readme_is_taken_for_the_datasets(odd_dataset, tmp_path):
    copy = shutil.copytree(odd_dataset, tmp_path / "out")
    assert list_foreign_files(copy) == []
    (copy / CARD_FILE).write_text("damaged")  # dataset.json knows it all the same
    assert list_foreign_files(copy) == []
    stated = (copy / DATASET_FILE).read_text()
    (copy / DATASET_FILE).write_text(stated.replace(f'"{CARD_FILE}"', '"other"'))  # a dataset of before
    assert list_foreign_files(copy) == [CARD_FILE]


def test_pandas(run_code, rows):
    moods = run_code("pandas")["moods"]
    assert {key: count for key, count in moods.items() if count} == count_moods(rows)


def test_duckdb(run_code, rows):
    found = run_code("DuckDB")["moods"].fetchall()
    assert {tuple(row[:3]): row[3] for row in found} == count_moods(rows)


def test_polars(run_code, rows):
    found = run_code("polars")["moods"].rows()
    assert {row[:3]: row[3] for row in found} == count_moods(rows)


def test_tensorflow_datasets(run_code, rows):
    found = [example["key"].numpy().decode() for example in run_code("tensorflow_datasets")["crops"]]
    assert sorted(found) == sorted(row["key"] for row in rows if (row["status"], row["split"]) == ("kept", "train"))


def test_tf_data(run_code, rows):
    batches = run_code("tf.data")["batches"]
    (images, labels), *more = batches
    train = [row for row in rows if (row["status"], row["split"]) == ("kept", "train")]
    assert images.shape == (len(train), 256, 256, 3) and not more
    assert sorted(labels.numpy().tolist()) == sorted(row["label"] for row in train)


def test_pytorch(run_code, rows):
    found = run_code("PyTorch")
    train = [row for row in rows if (row["status"], row["split"]) == ("kept", "train")]
    assert tuple(found["images"].shape) == (len(train), 3, 256, 256)
    assert sorted(found["labels"].tolist()) == sorted(row["label"] for row in train)
