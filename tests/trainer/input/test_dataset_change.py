"""A dataset that is replaced while it is trained on: the training goes on with the version that it began with.

Where its files are replaced in place, it stops, and no shard of the new version is learnt.
"""

import shutil

import numpy as np
import pytest

from preprocess.output_folder.versions import begin_next_version, next_version, remove_old_versions, switch_versions
from preprocess.output_folder.work_folders import WORK
from shards.dataset import DATASET_FILE, read_dataset, write_dataset
from shards.errors import DataError
from tests.trainer.runs import SCRATCH, acting_after, read_weights, train_here
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


def switch_dataset(folder):
    """What --replace does. Of the new version nothing can be learnt: its shards are cut."""
    shutil.copytree(folder, begin_next_version(folder), dirs_exist_ok=True)
    replace_dataset(next_version(folder))
    for path in next_version(folder).glob("*.tfrecord-*"):
        path.write_bytes(path.read_bytes()[:1000])
    (folder / WORK).mkdir()
    switch_versions(folder)
    assert len(remove_old_versions(folder)) == 1  # it is read


def test_a_training_goes_on_with_the_version_that_it_began_with(pets, copy, tmp_path):
    arguments = (*SCRATCH, "--checkpoint_steps", "2", "--deterministic", "true")
    assert train_here(pets, tmp_path / "undisturbed", *arguments).returncode == 0
    with acting_after(2, lambda: switch_dataset(copy)):
        done = train_here(copy, tmp_path / "run", *arguments)
    assert done.returncode == 0, done.stderr
    undisturbed, other = (read_weights(tmp_path / name / "model.keras") for name in ("undisturbed", "run"))
    for name, weights in undisturbed.items():
        np.testing.assert_array_equal(other[name], weights, err_msg=name)
    assert (tmp_path / "run" / "report.html").exists()
    with pytest.raises(DataError, match=f"^{copy}/.* has 1000 bytes instead of .*; run python -m tools.verify {copy}$"):
        open_split(copy, "train")  # another training gets the new one, and errors name its folder


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
