"""--overfit: pictures are learnt where that is possible; a clear failure where labels and pictures do not agree."""

import re

import numpy as np
import pytest

from shards.errors import DataError
from tests.terminal import check_piped
from tests.trainer.runs import train
from trainer.checks import overfit
from trainer.input.dataset_split import open_split
from trainer.settings import InputSettings, ProbeSettings, TrainSettings
from trainer.training.device import Device

CPU = Device("cpu", "test", "tensorflow", "float32", False, 1)


def test_as_a_command(pets, tmp_path):
    result = train(pets, tmp_path / "run", "--weights", "none", "--probe.epochs", "0", "--overfit", "32")
    assert result.returncode == 0, result.stderr
    learnt, inferred = map(float, re.findall(r"[01]\.\d\d", result.stdout.splitlines()[0]))
    assert check_piped(result.stdout, result.stderr)[2] == ["--train", str(pets)]
    assert "32 pictures learnt" in result.stdout and learnt >= 0.99 and inferred >= 0.9
    assert not (tmp_path / "run").exists()


def test_the_same_picture_with_two_labels_cannot_be_learnt(pets, monkeypatch):
    split = open_split(pets, "train")
    monkeypatch.setattr(overfit, "_MAX_EPOCHS", 3)
    pictures = np.zeros((8, 64, 64, 3), np.uint8)
    monkeypatch.setattr(overfit, "read_example_pictures", lambda split, settings, n: (pictures, np.arange(8) % 2))
    settings = TrainSettings(
        str(pets), backbone="small", weights="none", probe=ProbeSettings(0), overfit=8, resolution=48
    )
    with pytest.raises(DataError, match=r"8 pictures were not learnt in 3 epochs \(accuracy 0\.\d\d\)"):
        overfit.overfit(settings, InputSettings(8, 48), split, CPU)


def test_a_size_that_the_shards_do_not_hold(pets, tmp_path):
    arguments = ("--weights", "none", "--probe.epochs", "0", "--overfit", "8", "--resolution", "300")
    result = train(pets, tmp_path / "run", *arguments)
    assert (
        result.returncode == 2
        and "resolution 300: a window of 0.875 of the 64 pixels" in result.stderr.splitlines()[-1]
    )
