"""A dataset that is replaced while it is trained on stops the run; no shard of the new version is learnt."""

import shutil

import pytest

from shards.dataset import DATASET_FILE, read_dataset, write_dataset
from shards.errors import DataError
from tests.trainer.runs import SCRATCH, acting_after, train_here
from trainer.input.dataset_change import check_not_replaced
from trainer.input.dataset_split import open_split
from trainer.run_files.checkpoint import list_checkpoints


@pytest.fixture
def copy(pets, tmp_path):
    return shutil.copytree(pets, tmp_path / "감정")


def replace_dataset(folder):
    dataset = read_dataset(folder)
    dataset.settings["seed"] += 1
    (folder / DATASET_FILE).unlink()
    write_dataset(folder, dataset)


def test_another_version_and_none_are_noticed(copy):
    split = open_split(copy, "train")
    check_not_replaced(split, split)
    replace_dataset(copy)
    with pytest.raises(DataError, match="감정 was replaced while it was read"):
        check_not_replaced(split)
    (copy / DATASET_FILE).unlink()
    with pytest.raises(DataError, match="was replaced while it was read"):
        check_not_replaced(split)


def test_nothing_is_written_after_a_replacement(copy, tmp_path):
    out = tmp_path / "run"
    with acting_after(2, lambda: replace_dataset(copy)):
        stopped = train_here(copy, out, *SCRATCH, "--checkpoint_steps", "2")
    assert stopped.returncode == 1
    assert "was replaced while it was read" in stopped.stderr.splitlines()[-1]
    assert len(list_checkpoints(out)) == 2 and not (out / "metrics.json").exists()
    again = train_here(copy, out, *SCRATCH, "--checkpoint_steps", "2")
    assert again.returncode == 2 and "train was another dataset" in again.stderr
