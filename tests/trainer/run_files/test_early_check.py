"""What is said of a call before TensorFlow is started, by dataset.json and run.json as they are written."""

import subprocess
import sys
from pathlib import Path

import pytest

from preprocess.settings import PreprocessSettings
from shards.dataset import MANIFEST_FILE, Dataset, OtherFile, ShardFile, read_dataset, shard_name, write_dataset
from shards.errors import CallError, DataError
from shards.manifest import RowCounter
from tests.conftest import ROOT
from trainer.finder_settings import FinderSettings
from trainer.run_files.early_check import check_before_start
from trainer.run_files.run_fingerprint import list_versions
from trainer.run_files.run_record import write_record
from trainer.settings import TrainSettings


def write_folder(folder: Path, train_videos: int = 5, val_videos: int = 2, seed: int = 0) -> Path:
    """A dataset's folder with nothing but its dataset.json."""
    videos = {"train": train_videos, "val": val_videos}
    folder.mkdir()
    counts = RowCounter().counts()
    for split, count in videos.items():
        counts["splits"][split]["videos"] = count
    shards = {split: [ShardFile(shard_name(split, 0, 1), 1, 99, "")] for split, count in videos.items() if count}
    files = {MANIFEST_FILE: OtherFile(0, "", [])}
    write_dataset(folder, Dataset(PreprocessSettings(["source"], "out", seed=seed).content, counts, shards, files))
    return folder


@pytest.fixture
def data(tmp_path) -> Path:
    return write_folder(tmp_path / "pets")


def settings_for(data: Path, **given) -> TrainSettings:
    return TrainSettings(str(data), **{"out": str(data.parent / "run")} | given)


def begin_run(data: Path, settings: TrainSettings) -> None:
    settings.folder.mkdir()
    digest = read_dataset(data).digest
    dataset = {"path": str(data), "fingerprint": digest}
    write_record(
        settings.folder,
        {"settings": settings.content, "data": {"train": dataset, "valid": dataset}, "versions": list_versions()},
    )


def test_a_good_call_and_the_same_again(data):
    check_before_start(settings_for(data), "shards")
    begin_run(data, settings_for(data))
    check_before_start(settings_for(data), "shards")
    check_before_start(settings_for(data, checkpoint_steps=7, tensorboard=False), "shards")  # decide nothing


def test_another_run_is_told_by_what_differs(data, tmp_path):
    begin_run(data, settings_for(data))
    changed = settings_for(data, epochs=9, flip=False)
    with pytest.raises(CallError) as raised:
        check_before_start(settings_for(data, epochs=9, flip=False), "shards")
    assert f"{changed.folder} holds another run: epochs was 20 and is 9, flip was true and is false; " in str(
        raised.value
    )
    check_before_start(settings_for(data, epochs=9, replace=True), "shards")
    check_before_start(settings_for(data, epochs=9, overfit=6), "shards")  # writes into no folder
    other = write_folder(tmp_path / "other", seed=1)
    with pytest.raises(CallError, match=rf"train was another dataset, {data}, valid was another dataset"):
        check_before_start(settings_for(other), "shards")


def test_another_version_of_a_library(data):
    settings = settings_for(data)
    begin_run(data, settings)
    write_record(settings.folder, {"settings": settings.content, "versions": list_versions() | {"keras": "3.0"}})
    with pytest.raises(CallError, match=rf"keras was 3\.0 and is {list_versions()['keras']}"):
        check_before_start(settings, "shards")


def test_weights_that_are_no_name_are_a_file(data, tmp_path):
    with pytest.raises(CallError, match=r"--weights 없음\.keras does not exist"):
        check_before_start(settings_for(data, weights="없음.keras"), "shards")


def test_empty_splits(tmp_path):
    alone = write_folder(tmp_path / "alone", 4, 0)
    with pytest.raises(DataError, match=r"val split is empty \(4 videos are for training, 0 for val"):
        check_before_start(settings_for(alone), "shards")
    check_before_start(settings_for(alone, valid=str(write_folder(tmp_path / "other", 0, 2))), "shards")
    with pytest.raises(DataError, match="train split is empty"):
        check_before_start(settings_for(tmp_path / "other"), "shards")


@pytest.mark.parametrize("module", ["trainer.train", "trainer.train_finder"])
def test_all_of_it_is_said_before_tensorflow_is_started(data, module):
    settings = (
        settings_for(data) if module == "trainer.train" else FinderSettings(str(data), out=str(data.parent / "run"))
    )
    begin_run(data, settings)
    code = f"import sys; from {module} import main\ntry: main(sys.argv[1:])\nexcept Exception as e: print(e)\n"
    code += "sys.exit('tensorflow' in sys.modules)"
    call = [sys.executable, "-c", code, "--train", data, "--out", settings.folder, "--epochs", "7"]
    done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0 and "holds another run: epochs was " in done.stdout, done.stderr
