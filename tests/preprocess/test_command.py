"""The command line: a bad call is one line that says what and what to do, with its status, before any work."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from preprocess.__main__ import parse_preprocess_settings
from preprocess.output_folder.disk_space import check_space
from preprocess.output_folder.work_folders import spill_folder
from preprocess.settings import FrameSettings, PreprocessSettings
from preprocess.sources.source_kinds import find_videos
from shards.dataset import read_dataset
from shards.errors import CallError
from shards.verification import verify_dataset
from tests.preprocess.command_runs import preprocess_here
from tests.trees import write_video
from trainer.train import parse_train_settings as parse_training
from trainer.train_finder import parse_finder_settings

ROOT = Path(__file__).parent.parent.parent


def call(*arguments) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "preprocess", *map(str, arguments)]
    options = {
        "capture_output": True,
        "text": True,
        "cwd": ROOT,
        "timeout": 120,
        "check": False,
    }
    return subprocess.run(command, **options)


@pytest.fixture
def pets(tmp_path):
    write_video(tmp_path / "pets")
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("x")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x")
    (tmp_path / "zips").mkdir()
    (tmp_path / "zips" / "라벨.zip").touch()
    (tmp_path / "bad.yaml").write_text("dedupe: {distanse: 3}")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        ("--out {0}/out", 2, "required: --source"),
        ("--source {0}/pets", 2, 'required"?.*out|out.*required'),
        ("--source {0}/nowhere --out {0}/out", 2, "does not exist"),
        ("--source {0}/file --out {0}/out", 2, "not a folder"),
        ("--source {0}/empty --out {0}/out", 1, "no label JSON and no frames"),
        ("--source {0}/zips --out {0}/out", 1, "its end is missing.*download it again"),
        ("--source {0}/pets --out {0}/pets/out", 2, "lie in one another"),
        ("--source {0}/pets --out {0}", 2, "lie in one another"),
        ("--source {0}/pets --out {0}/out --work {0}/pets/work", 2, "lie in one another"),
        ("--source {0}/pets --out {0}/file", 2, "is a file"),
        ("--source {0}/pets --out {0}/mine", 2, "thesis.txt"),
        ("--source {0}/pets --out {0}/out --dedupe.distanse 3", 2, "dedupe.distanse"),
        ("--source {0}/pets --out {0}/out --dedupe.dist 3", 2, "dedupe.dist"),  # no abbreviations
        ("--source {0}/pets --out {0}/out --config {0}/bad.yaml", 2, "distanse"),
        ("--source {0}/pets --out {0}/out --config {0}/no.yaml", 2, "no.yaml"),
        ("--source {0}/pets --out {0}/out --dedupe.distance 33", 2, "more than the 32 that 64-bit hashes allow"),
        ("--source {0}/pets --out {0}/out --dedupe.cross_distance 12", 2, "more than the 11 that 64-bit hashes allow"),
        ("--source {0}/pets --out {0}/out --hash.bits 256 --dedupe.cross_distance 32", 2, "than the 31 that"),
        ("--source {0}/pets --out {0}/out --hash.bits 256 --crop.size 60", 2, "too small for hash.bits 256"),
        ("--source {0}/pets --out {0}/out --hash.bits 128", 2, "hash.bits is 128: give one of 64, 256$"),
        ("--source {0}/pets --out {0}/out --dedupe.conflicts most", 2, "give one of keep, drop, majority$"),
        ("--source {0}/pets --out {0}/out --select.per_video 0", 2, "select.per_video is 0: give a number above 0$"),
        (
            "--source {0}/pets --out {0}/out --crop.size 16",
            2,
            "give a number at least 32 and at most 2048$",
        ),
        ("--source {0}/pets --out {0}/out --box.policy keep", 2, "box.policy"),
        ("--source {0}/pets --out {0}/out --workers 0", 2, "workers is 0: give a number above 0$"),
        ("--source {0}/pets --out {0}/out --dedupe.distance -1", 2, "dedupe.distance is -1: give a number at least 0$"),
        ("--source {0}/pets --out {0}/out --dedupe.distance 3.5", 2, "dedupe.distance is 3.5: give a whole number$"),
        ("--source {0}/pets --out {0}/out --dedupe.distance=", 2, "dedupe.distance: give a whole number$"),
        ("--source {0}/pets --out {0}/out --dedupe.enabled yo", 2, "dedupe.enabled is yo: give true or false$"),
        ("--source {0}/pets --out=", 2, "an empty name was given as --source or --out"),
        ("--source {0}/pets --out {0}/out --seed -1", 2, "seed"),
        ("--source {0}/pets --out {0}/out --address nonsense", 2, "no Ray cluster answers at nonsense"),
        ("--source {0}/pets --out {0}/out --address 127.0.0.1:1", 2, "no Ray cluster answers at 127.0.0.1:1"),
    ],
)
def test_bad_calls(pets, arguments, status, message):
    done = call(*arguments.format(pets).split())
    lines = done.stderr.splitlines()
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr and lines[-1].startswith("preprocess: ")
    assert re.search(message, lines[-1]), lines[-1]
    assert not (pets / "out").exists() and (pets / "mine" / "thesis.txt").exists()


def test_a_disk_without_room_is_refused_before_any_work(pets, monkeypatch):
    settings = PreprocessSettings(source=[str(pets / "pets")], out=str(pets / "out"))
    source = find_videos(settings.source)
    assert check_space(settings, source)[0] > 0
    with pytest.raises(CallError, match=r"GB are free and up to .* GB are needed"):
        check_space(settings, source._replace(frames=10**12))


def test_one_source_in_a_file_is_a_list_too(tmp_path):
    (tmp_path / "run.yaml").write_text("source: /data/동물 영상\nout: c\n")
    with pytest.raises(CallError, match=r"source takes a list in a file: source: \[DIR\]"):
        parse_preprocess_settings(["--config", str(tmp_path / "run.yaml")])
    (tmp_path / "run.yaml").write_text("source: [/data/동물 영상]\nout: c\n")
    assert parse_preprocess_settings(["--config", str(tmp_path / "run.yaml")]).source == ["/data/동물 영상"]


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 300 kB, where this user may mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", disk], check=False).returncode:
        pytest.skip("mounting a small disk is not allowed here")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_a_disk_that_fills_up_on_the_way(two_workers, small_disk, tmp_path):
    """The estimate is passed with finished work counted in, then the disk fills: one line, and nothing looks whole."""
    write_video(tmp_path / "pets", images=8)
    settings = PreprocessSettings([str(tmp_path / "pets")], str(small_disk), frames=FrameSettings(0))
    arguments = ("--source", tmp_path / "pets", "--out", small_disk, "--workers", 1, "--frames.per_video", 0)
    filler = spill_folder(settings) / "old.records"
    filler.parent.mkdir(parents=True)
    filler.write_bytes(b"x" * 290_000)
    done = preprocess_here(*arguments)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert "the disk is full" in done.stderr.splitlines()[-1]
    assert not (small_disk / "dataset.json").exists()
    filler.unlink()
    assert "validation is empty" in preprocess_here(*arguments).stderr  # whole, though of one video
    assert (small_disk / "dataset.json").exists()


def test_settings_come_from_file_and_command_line(tmp_path):
    (tmp_path / "run.yaml").write_text("source: [a, b]\nout: c\ndedupe: {distance: 3}\ncrop: {size: 128}\n")
    settings = parse_preprocess_settings(["--config", str(tmp_path / "run.yaml"), "--dedupe.distance", "5"])
    assert settings.source == ["a", "b"] and settings.dedupe.distance == 5 and settings.crop.size == 128


@pytest.mark.parametrize("config", sorted((ROOT / "configs").glob("*.yaml")), ids=lambda path: path.name)
def test_configs_parse_and_say_what_they_are_for(config):
    if "trainer.train_finder" in config.read_text():
        parse_finder_settings(["--config", str(config), "--train", "a"])
    elif config.stem.endswith("_train"):
        parse_training(["--config", str(config), "--train", "a"])
    else:
        parse_preprocess_settings(["--config", str(config), "--source", "a", "--out", "b"])
    header = config.read_text()
    assert header.startswith("#") and "Command" in header and "Time" in header and "Result" in header


def test_settings_of_the_command_line_make_a_dataset(two_workers, tmp_path):
    """Every setting of a restricted type goes the whole way into dataset.json."""
    write_video(tmp_path / "pets", images=4)
    given = ["--shard_bytes", "20000", "--crop.size", "64", "--crop.grow", "1.5", "--crop.quality", "80"]
    given += ["--dedupe.distance", "3", "--dedupe.min_detail", "5", "--box.min_visible", "0.25"]
    given += ["--dedupe.scope", "video", "--dedupe.cross_distance", "2", "--dedupe.conflicts", "drop"]
    given += ["--hash.bits", "256", "--select.per_video", "3"]
    given += ["--split.val_fraction", "0.2", "--box.policy", "clip", "--seed", "7"]
    done = preprocess_here("--source", tmp_path / "pets", "--out", tmp_path / "out", *given)
    assert done.returncode == 1 and "validation is empty" in done.stderr, done.stderr  # one video
    dataset = read_dataset(tmp_path / "out")
    assert dataset.settings["crop"] == {"size": 64, "grow": 1.5, "quality": 80} and dataset.settings["seed"] == 7
    dedupe = {"enabled": True, "scope": "video", "distance": 3, "cross_distance": 2, "min_detail": 5}
    assert dataset.settings["dedupe"] == dedupe | {"conflicts": "drop"}
    assert dataset.settings["hash"] == {"bits": 256} and dataset.settings["select"] == {"per_video": 3}
    assert list(verify_dataset(tmp_path / "out")) == []


def test_print_config_shows_what_holds():
    shown = yaml.safe_load(call("--source", "a", "--out", "b", "--dedupe.distance", "5", "--print_config").stdout)
    assert shown["dedupe"]["distance"] == 5 and shown["crop"]["size"] == 256


def test_only_settings_that_change_content_reach_the_dataset():
    one = PreprocessSettings(source=["a"], out="b", workers=1, work="w", address="x", replace=True)
    other = PreprocessSettings(source=["c"], out="d")
    assert one.content == other.content and one.fingerprint() == other.fingerprint()
    assert set(one.content) == {"seed", "shard_bytes", "box", "crop", "hash", "dedupe", "select", "frames", "split"}
    assert PreprocessSettings(source=["a"], out="b", seed=1).fingerprint() != one.fingerprint()
