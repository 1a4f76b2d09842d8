"""From a CSV to the dataset that preprocess makes of it: where it lies, what it is made with, how that may fail."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from console.command import run_command
from shards.dataset import read_dataset
from shards.errors import CallError
from tests.conftest import ROOT
from tests.trainer.conftest import make_coloured
from trainer.input import csv_preparation
from trainer.settings import TrainSettings
from trainer.train import main, parse_train_settings


@pytest.fixture
def listed(tmp_path) -> Path:
    (tmp_path / "목록.csv").write_text("image_path,bbox,labels\n")
    (tmp_path / "labels.json").write_text("{}")
    return tmp_path / "목록.csv"


def start(folder: Path, *arguments: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "trainer.train", *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE)


def test_a_dataset_for_each_content_and_each_setting(listed, tmp_path):
    settings = TrainSettings(str(listed))
    place = csv_preparation.choose_dataset_folder(settings)
    assert place.parent == Path("data") and place.name.startswith("목록-") and len(place.name) == len("목록-") + 8
    assert csv_preparation.choose_dataset_folder(replace(settings, seed=5, batch_size=3, valid=None)) == place
    (tmp_path / "다른").mkdir()
    moved = tmp_path / "다른" / "목록.csv"
    moved.write_bytes(listed.read_bytes())
    others = [
        TrainSettings(str(moved)),  # its images lie elsewhere
        replace(settings, valid=str(moved)),
        replace(settings, label_map=str(tmp_path / "labels.json")),
        replace(settings, crop={"size": 128}),
    ]
    found = [csv_preparation.choose_dataset_folder(other) for other in others]
    (tmp_path / "labels.json").write_text('{"기쁨": 2}')
    found.append(csv_preparation.choose_dataset_folder(others[2]))
    listed.write_text("image_path,bbox,labels\n\n")
    found.append(csv_preparation.choose_dataset_folder(settings))
    assert len({place, *found}) == len(found) + 1


def test_what_preprocess_is_told():
    line = "--train a.csv --valid b.csv --label_map m.json --dedupe.distance 4 --dedupe.scope=video --box.policy clip"
    told = parse_train_settings([*line.split(), "--split.val_fraction", "0.2"])
    assert csv_preparation._build_preprocess_arguments(told, Path("data/a-1")) == [
        *("--source", "a.csv", "--out", "data/a-1", "--valid_source", "b.csv", "--label_map", "m.json"),
        *("--box.policy", "clip", "--dedupe.enabled", "false", "--dedupe.distance", "4", "--dedupe.scope", "video"),
        *("--split.val_fraction", "0.2"),
    ]
    own = parse_train_settings(["--train", "a.csv", "--dedupe.enabled", "true"])
    assert csv_preparation._build_preprocess_arguments(own, Path("o"))[-2:] == ["--dedupe.enabled", "true"]


def test_the_run_is_called_as_the_csv_is():
    settings = TrainSettings("x/pets.v1.csv", valid="v.csv", label_map="m.json", crop={"grow": 1.2}, seed=3)
    taken = csv_preparation.replace_csv_with_dataset(settings, Path("data/pets.v1-12345678"))
    assert taken == TrainSettings("data/pets.v1-12345678", out="runs/pets.v1", seed=3)
    assert csv_preparation.replace_csv_with_dataset(replace(settings, out="o"), Path("d")).out == "o"


def test_a_dataset_that_is_there_is_not_made_again(listed, tmp_path, capsys):
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "dataset.json").write_text("whole")
    assert csv_preparation.run_preprocess(TrainSettings(str(listed)), folder) == 0
    assert str(folder) in capsys.readouterr().err and [path.name for path in folder.iterdir()] == ["dataset.json"]


def test_a_preprocess_that_fails_ends_the_run_with_its_status(listed, tmp_path):
    with start(tmp_path, "--train", listed.name, "--crop.grow", "9") as process:
        _, errors = process.communicate()
    lines = errors.decode().splitlines()
    assert process.returncode == 2 and "-m preprocess --source" in lines[0] and "data/" in lines[0]
    assert lines[-2] == "preprocess: crop.grow is 9: give a number at least 1 and at most 4"
    assert lines[-1] == "train: preprocess ended with status 2, for the reason that it gave above"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"train": "pets", "dedupe": {"enabled": True}}, r"dedupe: settings of preprocess, by which pets was made"),
        ({"train": "pets", "crop": {"size": 9}, "label_map": "m"}, r"label_map, crop: settings of preprocess"),
        ({"train": "a.csv", "valid": "pets"}, "train a.csv with valid pets: both have to be CSV files"),
        ({"train": "pets", "valid": "a.CSV"}, "train pets with valid a.CSV: both"),
    ],
)
def test_settings_that_do_not_go_together(changes, message):
    with pytest.raises(CallError, match=message):
        TrainSettings(**changes)


def test_files_that_are_not_there(listed, tmp_path):
    with pytest.raises(CallError, match=r"train .*nowhere.csv: there is no such file"):
        csv_preparation.choose_dataset_folder(TrainSettings(str(tmp_path / "nowhere.csv")))
    with pytest.raises(CallError, match=r"label_map .*: is no file"):
        csv_preparation.choose_dataset_folder(TrainSettings(str(listed), label_map=str(tmp_path)))


TINY = (
    "--backbone small --weights none --probe.epochs 0 --epochs 1 --batch_size 8 --resolution 48 --crop.size 64 "
    "--measure_speed false --self_check false"
)
MOODS = {"1": 1, "편안/안정": 3}  # as the CSVs have them, a number and a name


def write_csvs(root: Path, frames: int) -> None:
    """Four training and two validation videos of two moods; one video is in both files, two rows are of no use."""
    for part, videos in (("train", 4), ("valid", 2)):
        rows = [["image_path", "bbox", "labels"]]
        for label, mood in MOODS.items():
            for video in range(videos):
                # The last one of training is a video of validation.
                name = f"dog-sit-{mood}0000{9 if video == videos - 1 else part + str(video)}"
                (root / "frames" / name).mkdir(parents=True, exist_ok=True)
                for number in range(frames):
                    path = root / "frames" / name / f"frame_{number}_timestamp_{200 * number}.jpg"
                    path.write_bytes(make_coloured(mood, 10_000 * videos + 1000 * mood + 100 * video + number))
                    rows.append([str(path.relative_to(root)), "40,60,100,150", label])
        if part == "train":
            rows += [["frames/fehlt/frame_0.jpg", "0,0,9,9", "1"], ["frames/fehlt/frame_1.jpg", "-1,0,9,9", "1"]]
        with open(root / f"{part}.csv", "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)


def train_here(*arguments: str) -> int:
    """The command in this process; preprocess, which it runs, has a process of its own."""
    return run_command("train", main, list(arguments))


def test_a_csv_becomes_a_dataset_once_and_is_trained_on(tmp_path, monkeypatch, capfd):
    write_csvs(tmp_path, 6)
    command = ["--train", "train.csv", "--valid", "valid.csv", *TINY.split()]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    assert train_here(*command) == 0
    output, errors = capfd.readouterr()
    (folder,) = Path("data").glob("train-????????")
    assert f"in data/{folder.name}" in errors.splitlines()[0]
    assert "video_repeated" in output and "image_missing" in output
    rows = pd.read_parquet(folder / "manifest.parquet")
    repeated = rows[rows.reason == "video_repeated"]
    assert len(repeated) == 12 and set(repeated.video) == {"dog-sit-100009", "dog-sit-300009"}  # those in both files
    assert rows[rows.status == "kept"].groupby("split").size().to_dict() == {"train": 36, "val": 24}
    assert rows[rows.status == "kept"].label.isin(MOODS.values()).all()
    record = json.loads(Path("runs/train/run.json").read_text())
    assert record["data"]["train"]["path"] == f"data/{folder.name}" and record["command"][3:] == command
    assert read_dataset(folder).settings["dedupe"]["enabled"] is False
    made = (folder / "dataset.json").stat().st_mtime_ns
    assert train_here(*command, "--seed", "1", "--out", "runs/again") == 0
    output, errors = capfd.readouterr()
    assert "was made a dataset before" in errors.splitlines()[0]
    assert "video_repeated" not in output and (folder / "dataset.json").stat().st_mtime_ns == made
    assert [path.name for path in Path("data").glob("train-????????")] == [folder.name]


def test_stopped_while_the_dataset_is_made_it_goes_on(tmp_path, monkeypatch):
    write_csvs(tmp_path, 12)
    command = ["--train", "train.csv", "--valid", "valid.csv", *TINY.split()]
    with start(tmp_path, *command) as process:
        while not list(tmp_path.glob("data/train-*/.work")):
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate()
    lines = errors.decode().splitlines()
    assert process.returncode == 130, lines
    assert lines[-1] == "train: preprocess ended with status 130, for the reason that it gave above"
    assert "preprocess: stopped" in lines[-2] and not list(tmp_path.glob("data/train-*/dataset.json"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    assert train_here(*command) == 0
    assert list(tmp_path.glob("data/train-*/dataset.json")) and (tmp_path / "runs/train/model.keras").exists()
