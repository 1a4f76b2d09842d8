"""The settings of a run: stages, the run's folder, and the groups that single modules take."""

import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from tests.conftest import ROOT
from trainer.settings import DeviceSettings, InputSettings, NetworkSettings, ProbeSettings, TrainSettings


def test_a_frozen_main_stage_has_no_probe_before_it():
    assert [stage.name for stage in TrainSettings("a").stages] == ["probe", "tune"]
    assert [stage.name for stage in TrainSettings("a", train_base="frozen").stages] == ["tune"]
    assert [stage.name for stage in TrainSettings("a", probe=ProbeSettings(0)).stages] == ["tune"]


@pytest.mark.parametrize(
    ("train", "out", "folder"),
    [
        ("data/pets.v1", None, "runs/pets.v1"),  # and not where the runs of pets.v2 lie
        ("data/pets/", None, "runs/pets"),
        ("lists/pets.v1.csv", None, "runs/pets.v1"),
        ("data/pets.v1", "here", "here"),
    ],
)
def test_where_a_run_lies(train, out, folder):
    assert TrainSettings(train, out=out).folder == Path(folder)


@pytest.mark.parametrize("group", [InputSettings, NetworkSettings, DeviceSettings])
def test_a_groups_defaults_are_those_of_the_run(group):
    own, run = ({field.name: field.default for field in fields(kind)} for kind in (group, TrainSettings))
    assert {name: run[name] for name in own if name != "augment"} == {n: d for n, d in own.items() if n != "augment"}


def test_groups_take_what_was_given():
    settings = TrainSettings(
        "a", batch_size=6, resolution=48, backbone="small", weights="a.keras", devices=3, jit="off"
    )
    assert settings.input_settings(on_gpu=False) == InputSettings(batch_size=6, resolution=48)
    assert settings.network_settings == NetworkSettings(backbone="small", weights="a.keras")
    assert settings.device_settings == DeviceSettings(devices=3, jit="off")


@pytest.mark.parametrize(
    ("given", "on_gpu", "augment"),
    [(None, True, True), (None, False, False), (False, True, False), (True, False, True)],
)
def test_augmentation_is_for_a_gpu_unless_told_otherwise(given, on_gpu, augment):
    assert TrainSettings("a", augment=given).input_settings(on_gpu).augment is augment


def test_settings_are_light_to_import():
    code = "import sys, trainer.settings; print({'keras', 'tensorflow', 'pyarrow'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "set()", done.stderr
