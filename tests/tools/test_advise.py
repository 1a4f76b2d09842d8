"""Advice before a run: real tasks and steps on a sample, what follows from them, and what its options change."""

import json
import math
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from console.command import run_command
from console.output.language import translate
from preprocess.output_folder.work_folders import spill_folder
from preprocess.settings import PreprocessSettings, SelectSettings
from preprocess.sources.source_kinds import find_videos
from preprocess.writing.finished_work import Origin, TaskSummary, VideoSummary
from shards.dataset import read_dataset
from shards.emotions import KOREAN
from shards.errors import CallError, DataError
from tests.conftest import ROOT
from tests.terminal import check_piped
from tests.trees import make_jpeg, make_label, write_video
from tools import advise
from tools.advice import advice_figures, machine
from tools.advice.advice_figures import Question, take_advice
from tools.advice.advice_text import format_span, print_advice
from tools.advice.advised_settings import advise_settings
from tools.advice.estimates import (
    READY_SECONDS,
    estimate_epoch,
    estimate_shards,
    estimate_training,
    find_share_error,
    find_training_limit,
)
from tools.advice.sample_dataset import SampleDataset, StayingVideo, assemble_sample, find_obstacle
from tools.advice.task_sample import TaskSample, TaskTiming, draw_tasks, time_task
from tools.advice.training_trial import TrainingTrial
from tools.source_inventory.run_needs import START_SECONDS, sum_run_seconds
from trainer.settings import ProbeSettings, TrainSettings

GB = 1_000_000_000
TRIAL = TrainingTrial(100.0, 400.0, 0.02, 0.02, 20, 9.0, 4.0, 1.5, 0, "a core", "cpu", "float32")
CONFIG = {"backbone": "small", "weights": "none", "probe": {"epochs": 0}, "batch_size": 4, "resolution": 32}


def look(*arguments: str | Path) -> int:
    return run_command("advise", advise.main, [str(argument) for argument in arguments])


def make_task(
    frames: int = 100, seconds: float = 0.5, kept: int = 60, split: str = "train", queued: float = 0.0, number: int = 0
) -> TaskTiming:
    """A task of one video whose workers computed for 0.3 s."""
    video = VideoSummary(f"v{number}", split, 0, "", kept)
    summary = TaskSummary(f"{number}", Origin("", ""), frames, {"kept": kept}, {}, kept * 12_000, 0, [video])
    return TaskTiming(summary, frames, seconds, 0.3, queued, frames * 300_000, 700_000_000, [])


def make_dataset(kept: int = 60, videos: range | list[int] = range(10), val: tuple[int, ...] = ()) -> SampleDataset:
    """Of videos of make_task, of each of which so many frames stay."""
    return SampleDataset({}, 0, {f"v{n}": StayingVideo(kept, float(n in val)) for n in videos})


def estimate_run(sample: TaskSample, workers: int, write_rate: float = 1e9, rows: int = 1, list_seconds: float = 0.0):
    return estimate_shards(sample, make_dataset(), workers, list_seconds, write_rate, rows)


def run_sample_here(source, settings, folders, seconds, progress, seed) -> TaskSample:
    """In this process: fresh ones take seconds to import. The first test uses them."""
    folders[0].mkdir(parents=True)
    tasks = [time_task(videos, settings, folders[0]) for videos in draw_tasks(source, seed)]
    return TaskSample(tasks, settings.workers, sum(video.weight for video in source.videos), 1.0, 1.0)


def write_few_videos(root: Path) -> None:
    """Four of two moods, too few to take some for validation."""
    for number in range(4):
        images = {5 * place: make_jpeg(100 * number + place) for place in range(4)}
        write_video(root, f"dog-sit-{number:06}", images, label=make_label(inspect={"emotion": KOREAN[number % 2]}))


def sample_training_here(source, settings, folders, seconds, progress, seed) -> TaskSample:
    """The source's own training videos alone, as a part of it may have no others."""
    training = source._replace(videos=[video for video in source.videos if video.split == "train"])
    sample = run_sample_here(training, settings, folders, seconds, progress, seed)
    return sample._replace(frames=sum(video.weight for video in source.videos))


@pytest.fixture
def tree(tmp_path) -> Path:
    """Six training videos of two moods and two of validation, of 6 frames each."""
    root = tmp_path / "받은 것"
    for number in range(8):
        part = "2.Validation" if number >= 6 else "1.Training"
        images = {5 * place: make_jpeg(100 * number + place) for place in range(6)}
        label = make_label(inspect={"emotion": KOREAN[number % 2]})
        write_video(root, f"dog-sit-{number:06}", images, label=label, part=part)
    return root


@pytest.fixture
def config(tmp_path) -> Path:
    path = tmp_path / "학습.yaml"
    path.write_text(json.dumps(CONFIG))
    return path


def test_the_whole_way_on_a_real_source(tree, config, tmp_path, capsys):
    """Real tasks in two processes, a real dataset of the sample, real steps in a process of their own."""
    figures_file, out, shards_config = (tmp_path / name for name in ("조언.json", "만들 곳/pets", "샤드.yaml"))
    shards_config.write_text(json.dumps({"crop": {"size": 64}, "frames": {"per_video": 0}}))
    call = [tree, "--out", out, "--workers", 2, "--train_config", config, "--shards_config", shards_config]
    assert look(*call, "--seconds", 5, "--json", figures_file) == 0
    shown = capsys.readouterr()
    made, told, following = check_piped(shown.out, shown.err)
    assert made == [figures_file] and told[:2] == ["8 videos", "48 frames"] and len(told) == 5
    assert following == ["--source", *map(str, (tree, "--config", shards_config, "--out", out, "--workers", 2))]
    figures = json.loads(figures_file.read_text("utf-8"))
    assert figures["videos"] == 8 and figures["frames"] == 48 and figures["sample"]["share"] == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "받은 것",
        "샤드.yaml",
        "조언.json",
        "학습.yaml",
    ]
    shards = figures["shards"]
    assert shards["dataset_bytes"] < 5000 * figures["sample"]["kept"]  # crops of 64 px, no whole frames
    assert shards["seconds"]["low"] < shards["seconds"]["value"] < shards["seconds"]["high"]
    assert START_SECONDS < shards["quiet_seconds"] < START_SECONDS + 20
    assert 0.99 < shards["computed"] + shards["queued"] + shards["blocked"] < 1.5
    assert figures["rates"]["writing"] > 1e6 and figures["rates"]["reading"] > 1e5
    epoch, fewer = figures["epochs"]
    assert (epoch["frames_per_video"], fewer["frames_per_video"]) == (None, 4) and fewer["frames"] < epoch["frames"]
    kept = figures["sample"]["kept"]
    assert 0 < epoch["frames"] < kept <= 48 and epoch["frames"] == 4 * epoch["steps"]
    assert epoch["frames"] <= epoch["training_frames"] < epoch["frames"] + 4
    (training,) = figures["trainings"]
    assert (training["epochs"], training["stages"]) == (20, 1)
    assert training["seconds"]["value"] > 20 * epoch["seconds"]["value"] + figures["trial"]["start_seconds"]
    assert 0 < figures["trial"]["compile_seconds"] < figures["trial"]["start_seconds"]
    assert 0 < figures["trial"]["core_seconds"] < 1
    assert figures["trial"]["training"] > 1 and figures["trial"]["steps"] >= 1
    assert f"python -m trainer.train --config {config}".split()[-1] in shown.out
    for word in (
        "sample",
        "workers",
        "disk",
        "room",
        "memory",
        "kept",
        "device",
        "limit",
        "shards",
        "epoch",
        "training",
        "train",
    ):
        assert any(line.startswith(f"{word} ") for line in shown.out.splitlines()), word


class TestOptions:
    """What each option changes, without the trial of training, which the first test makes."""

    @pytest.fixture(autouse=True)
    def in_this_process(self, monkeypatch):
        monkeypatch.setattr(advice_figures, "try_training", lambda settings, data, seconds: TRIAL)
        monkeypatch.setattr(advice_figures, "run_sample", run_sample_here)
        monkeypatch.setattr(advice_figures, "_DISK_SECONDS", 0.05)

    def test_one_worker_a_work_folder_and_settings_of_preprocess(self, tree, tmp_path):
        (tmp_path / "빠른 디스크").mkdir()
        shards = PreprocessSettings(
            [str(tree)], str(tmp_path / "out"), workers=1, work=str(tmp_path / "빠른 디스크"), select=SelectSettings(2)
        )
        figures = take_advice(Question(shards, TrainSettings("x"), 5))
        assert figures["workers"] == 1 and figures["settings"]["shards"]["workers"] == 1
        assert figures["sample"]["kept_a_video"] <= 2  # by select.per_video
        assert list((tmp_path / "빠른 디스크").iterdir()) == []
        (disk,) = figures["room"]  # both on one disk, which needs room for both
        assert disk["needed"] == 2 * 48 * (16_000 + 25_000) - 2 * (48 - 8 * 4) * 25_000

    def test_a_csv_with_one_for_validation(self, tmp_path):
        for name in ("train", "val"):
            (tmp_path / name).mkdir()
            rows = []
            for number in range(8):
                path = tmp_path / name / f"{number}.jpg"
                path.write_bytes(make_jpeg(number + 50 * (name == "val")))
                rows.append(f'{name}/{path.name},"40,60,100,150",{("sleepy", "wild")[number % 2]}')
            (tmp_path / f"{name}.csv").write_text("\n".join(["image_path,bbox,labels", *rows]), "utf-8")
        sources = {"source": [str(tmp_path / "train.csv")], "valid_source": [str(tmp_path / "val.csv")]}
        (tmp_path / "map.json").write_text(json.dumps({"sleepy": "calm", "wild": "happiness"}))
        named = {"label_map": str(tmp_path / "map.json"), "out": str(tmp_path / "out")}
        shards = PreprocessSettings(**sources, **named, workers=1)
        figures = take_advice(Question(shards, TrainSettings("x", batch_size=4), 5))
        assert figures["frames"] == 16 and figures["epochs"][0]["frames"] == 8
        assert figures["epochs"][0]["validation_seconds"] > 0

    def test_a_zip_is_read_where_it_lies(self, tree, tmp_path, capsys):
        shutil.make_archive(str(tmp_path / "zips" / "all"), "zip", tree)
        shards = PreprocessSettings([str(tmp_path / "zips")], str(tmp_path / "out"), workers=1)
        figures = take_advice(Question(shards, TrainSettings("x", batch_size=4), 5))
        assert figures["frames"] == 48 and figures["rates"]["reading"] is None  # an archive is not dropped from memory
        print_advice(figures, "train it")
        assert "; OUT takes" in capsys.readouterr().out

    def test_nothing_is_trained_on_a_whole_source_without_validation(self, tmp_path, monkeypatch, capsys):
        """As `make shards` of it ends: with status 1 and the reason. Of training nothing is told."""
        monkeypatch.setattr(advice_figures, "try_training", None)
        write_few_videos(tmp_path / "pets")
        call = [tmp_path / "pets", "--out", tmp_path / "out", "--json", tmp_path / "advice.json"]
        assert look(*call, "--seconds", 5, "--workers", 1) == 1
        shown = capsys.readouterr()
        error = shown.err.splitlines()[-1]
        start = f"advise: {tmp_path / 'pets'}: no mood model could be trained on it: validation is empty, so no model"
        assert error.startswith(start) and "animals" in error and "--valid_source" in error
        assert translate(error).startswith(
            f"advise: {tmp_path / 'pets'}: 이 원본으로는 감정 모델을 학습할 수 없습니다: 검증 분할이 비어 있어"
        )
        assert not re.search("epoch|train |training|warning|next", shown.out + shown.err.replace(error, ""))
        figures = json.loads((tmp_path / "advice.json").read_text("utf-8"))
        assert figures["obstacle"] in error and figures["epochs"] == figures["trainings"] == []

    def test_another_dataset_may_judge(self, tree, tmp_path):
        other = PreprocessSettings([str(tree)], str(tmp_path / "other"), workers=1)
        source = find_videos(other.source)
        spills = (Path(spill_folder(other)), tmp_path)
        assemble_sample(run_sample_here(source, other, spills, 1.0, print, 0), source, other)
        judged = read_dataset(tmp_path / "other").counts["splits"]["val"]["frames"]
        write_few_videos(tmp_path / "pets")
        shards = PreprocessSettings([str(tmp_path / "pets")], str(tmp_path / "out"), workers=1)
        train = TrainSettings("x", valid=str(tmp_path / "other"), batch_size=4)
        figures = take_advice(Question(shards, train, 5))
        assert figures["obstacle"] is None and figures["sample"]["lacks"] == []
        one = estimate_epoch(TaskSample([make_task()], 1, 100, 1.0, 1.0), make_dataset(), TRIAL, None, 64, 1)
        assert judged > 4
        assert figures["epochs"][0]["validation_seconds"] == pytest.approx(judged * one.validation_seconds)
        with pytest.raises(CallError, match="is not a folder"):
            take_advice(Question(shards, TrainSettings("x", valid=str(tmp_path / "none")), 5))

    def test_a_mood_that_is_only_judged_is_warned_of(self, tmp_path, capsys):
        """`make shards` ends with status 1 there, but training begins all the same."""
        for number, mood in enumerate((0, 1, 0, 1, 0, 5)):
            label = make_label(inspect={"emotion": KOREAN[mood]})
            part = "2.Validation" if number >= 4 else "1.Training"
            write_video(tmp_path / "pets", f"dog-sit-{number:06}", {0: make_jpeg(number)}, label=label, part=part)
        assert look(tmp_path / "pets", "--out", tmp_path / "out", "--seconds", 5, "--workers", 1) == 0
        shown = capsys.readouterr()
        assert f"warning in validation but without a training frame: {KOREAN[5]}; a model never" in shown.err
        assert "epoch    " in shown.out

    def test_of_a_part_without_validation_nothing_is_said_of_an_epoch(self, tree, tmp_path, monkeypatch, capsys):
        monkeypatch.setattr(advice_figures, "run_sample", sample_training_here)
        assert look(tree, "--out", tmp_path / "out", "--seconds", 5, "--workers", 1) == 0
        shown = capsys.readouterr()
        warning = "warning the sample has no frames of validation, so nothing can be said of an epoch"
        assert any(warning in line for line in shown.err.splitlines())
        assert not re.search("^(epoch|training) ", shown.out, re.MULTILINE) and "an epoch" not in shown.out
        assert translate(f"{warning}; give more --seconds").startswith("경고    샘플에 검증 프레임이 없어")

    def test_copies_across_videos_are_left_out_where_all_were_drawn(self, tree, tmp_path, monkeypatch, capsys):
        for number in (8, 9):  # the pictures of the first two videos again
            images = {5 * place: make_jpeg(100 * (number - 8) + place) for place in range(6)}
            label = make_label(inspect={"emotion": KOREAN[number % 2]})
            write_video(tree, f"dog-sit-{number:06}", images, label=label, part="1.Training")
        question = Question(
            PreprocessSettings([str(tree)], str(tmp_path / "out"), workers=1), TrainSettings("x", batch_size=4), 5
        )
        figures = take_advice(question)
        kept = figures["sample"]["kept"]
        assert 40 < kept <= 48 and figures["shards"]["kept"] == pytest.approx(kept / 60)
        assert figures["sample"]["kept_a_video"] == pytest.approx(kept / 10)
        print_advice(figures, "train it")
        assert f"kept     {kept / 60:.0%} of the frames" in capsys.readouterr().out
        monkeypatch.setattr(advice_figures, "run_sample", sample_training_here)
        part = take_advice(question)  # all 8 of training, copies included
        assert part["shards"]["kept"] >= 46 / 48 and part["sample"]["kept"] <= 36
        assert part["shards"]["dataset_bytes"] > 1.2 * figures["shards"]["dataset_bytes"]
        print_advice(part, "train it")
        assert "before copies across videos go; the shards take at most about" in capsys.readouterr().out

    def test_a_source_without_a_usable_frame(self, tmp_path):
        write_video(tmp_path / "pets", "dog-sit-000001", images={0: b"no jpeg", 5: b"neither"})
        shards = PreprocessSettings([str(tmp_path / "pets")], str(tmp_path / "out"), workers=1)
        with pytest.raises(DataError, match="no frame is good enough"):
            take_advice(Question(shards, TrainSettings("x"), 5))
        assert [path.name for path in tmp_path.iterdir()] == ["pets"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--seconds", "1"], "too short to measure anything"),
        (["--workers", "0"], "workers"),
        (["--train_config", "없는 것.yaml"], "no such file"),
        (["--shards_config", "없는 것.yaml"], "no such file"),
        (["--out", "s3://bucket/pets"], "a URL is not read"),
        (["--json", "pets/inside.json"], "lies in the source"),
    ],
)
def test_bad_calls(options, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pets").mkdir()
    assert look("pets", *options) == 2
    error = capsys.readouterr().err
    assert message in error and len(error.splitlines()) == 1


@pytest.mark.parametrize(
    ("number", "instant"), [(signal.SIGINT, "*"), (signal.SIGINT, "*/out/dataset.json"), (signal.SIGTERM, "*/out")]
)
def test_nothing_is_left_of_what_is_stopped(tree, config, tmp_path, number, instant):
    """While its processes start, while training is tried, and by what a system sends that shuts down."""
    call = [sys.executable, "-m", "tools.advise", tree, "--out", tmp_path / "out", "--workers", "2", "--seconds", "60"]
    options = {"cwd": ROOT, "stderr": subprocess.PIPE, "stdout": subprocess.DEVNULL, "text": True}
    listen = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # tests started in the background have it ignored
    call += ["--train_config", config]
    process = subprocess.Popen(call, start_new_session=True, preexec_fn=listen, **options)
    end = time.monotonic() + 60
    while not list(tmp_path.glob(f".pet_mood-advise-{instant}")) and time.monotonic() < end:
        time.sleep(0.05)
    os.killpg(process.pid, number) if number == signal.SIGINT else process.send_signal(number)
    shown = process.communicate(timeout=60)[1]
    assert process.returncode == 130 and "Traceback" not in shown, shown
    assert shown.splitlines()[-1] == "advise: stopped; the same command starts over"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["받은 것", "학습.yaml"]


def test_clusters_and_several_devices_are_refused(tmp_path, capsys):
    for name, text, flag in (
        ("a.yaml", {"address": "auto"}, "--shards_config"),
        ("b.yaml", {"work": "s3://bucket/work"}, "--shards_config"),
        ("c.yaml", {"devices": 2}, "--train_config"),
        ("d.yaml", {"hosts": 2}, "--train_config"),
    ):
        (tmp_path / name).write_text(json.dumps(text))
        assert look(".", flag, tmp_path / name) == 2
        assert "advise" in capsys.readouterr().err.partition(": ")[2]


@pytest.mark.parametrize(
    ("train", "val", "obstacle"),
    [
        ({0, 1}, {1, 2}, None),
        ({0, 1}, {2}, "validation shows none of the moods of training"),
        ({0}, {0}, "a model needs two moods"),
        (set(), {0}, "training is empty"),
        ({0, 1}, set(), "validation is empty"),
    ],
)
def test_what_training_would_refuse(train, val, obstacle):
    splits = {}
    for split, moods in (("train", train), ("val", val)):
        found = {name: dict.fromkeys(("frames", "videos"), int(place in moods)) for place, name in enumerate(KOREAN)}
        splits[split] = {"frames": len(moods), "videos": len(moods), "emotions": found}
    told = find_obstacle({"splits": splits, "reasons": {}})
    assert told is obstacle is None or obstacle in told
    elsewhere = find_obstacle({"splits": splits, "reasons": {}}, judged_elsewhere=True)
    assert (elsewhere is None) == (len(train) > 1)


class TestSample:
    def test_it_is_drawn_from_everywhere_and_always_the_same(self, tmp_path):
        for number in range(40):
            write_video(tmp_path, f"dog-sit-{number:06}", images={0: b"x", 5: b"x"})
        source = find_videos([str(tmp_path)])
        tasks = draw_tasks(source, 0)
        names = [video.name for task in tasks for video in task]
        assert sorted(names) == [video.name for video in source.videos]
        places = [int(name[-6:]) for name in names]
        assert places != sorted(places) and np.corrcoef(places, range(40))[0, 1] < 0.5
        assert draw_tasks(source, 0) == tasks != draw_tasks(source, 1)
        for task in tasks:
            assert [video.name for video in task] == sorted(video.name for video in task)

    def test_a_task_is_timed_and_tells_what_it_waited_for(self, tree, tmp_path):
        source = find_videos([str(tree)])
        settings = PreprocessSettings([str(tree)], str(tmp_path / "out"))
        timing = time_task(source.videos[:2], settings, tmp_path)
        assert timing.frames == 12 and timing.summary.rows == 12
        assert timing.computed > 0 and timing.queued >= 0 and timing.blocked <= timing.seconds
        assert timing.frame_bytes == sum(path.stat().st_size for path in tree.rglob("*00000[01]/*.jpg"))
        assert timing.held_bytes > 10_000_000 and len(timing.files) == 12


class TestEstimates:
    def test_the_whole_follows_from_the_pace_of_the_sample(self):
        sample = TaskSample([make_task(number=number) for number in range(20)], 4, 200_000, 3.0, 1.0)
        found = estimate_run(sample, 4, 200e6, rows=200_000, list_seconds=1.0)
        assert found.core_seconds == pytest.approx(1000) and found.frames_per_second == pytest.approx(800)
        dataset = 120_000 * 12_000
        expected = 1.0 + START_SECONDS + 1000 / 4 + 200_000 * 1e-5 + dataset / 200e6
        assert found.seconds.value == pytest.approx(expected)
        assert found.kept == pytest.approx(0.6) and found.dataset_bytes == pytest.approx(dataset)
        assert found.limit == "cores" and found.blocked == pytest.approx(0.4)
        wide = estimate_run(sample, 8, 200e6, rows=200_000, list_seconds=1.0)
        assert wide.seconds.value == pytest.approx(expected - 125)

    def test_what_the_whole_source_makes_is_known(self):
        sample = TaskSample([make_task(number=number) for number in range(10)], 4, 1000, 1.0, 1.0)
        made = make_dataset(kept=3)._replace(bytes=90_000)
        found = estimate_shards(sample, made, 4, 0.0, 1e9, 1)
        assert found.kept == pytest.approx(0.03) and found.dataset_bytes == 90_000
        part = estimate_shards(sample._replace(frames=1001), made, 4, 0.0, 1e9, 1)
        assert part.kept == pytest.approx(0.6) and part.dataset_bytes == pytest.approx(600 * 12_000 * 1.001)

    def test_a_slow_disk_and_other_programs_are_told_apart(self):
        slow = TaskSample([make_task(seconds=1.0), make_task(seconds=1.0)], 2, 200, 1.0, 1.0)
        assert estimate_run(slow, 2, rows=200).limit == "disk"
        busy = TaskSample([make_task(seconds=1.0, queued=0.6), make_task(seconds=1.0, queued=0.6)], 2, 200, 1.0, 1.0)
        found = estimate_run(busy, 2, rows=200)
        assert found.limit == "other programs"
        assert found.seconds.value - found.quiet_seconds == pytest.approx(0.6)  # of two seconds for two workers
        spans = [
            (one.seconds.high - one.seconds.low) / one.seconds.value for one in (found, estimate_run(slow, 2, rows=200))
        ]
        assert spans[0] > spans[1]  # what other programs will do is not known

    def test_a_slow_disk_of_out_makes_it_longer(self):
        sample = TaskSample([make_task()], 2, 1_000_000, 1.0, 1.0)
        fast, slow = (estimate_run(sample, 2, rate).seconds.value for rate in (1e9, 1e6))
        assert slow - fast == pytest.approx(600_000 * 12_000 / 1e6 - 600_000 * 12_000 / 200e6)

    def test_a_large_video_takes_as_long_as_one_worker_needs_for_it(self):
        sample = TaskSample([make_task(seconds=1.0)], 8, 10_000, 1.0, 1.0)
        even, one = (estimate_run(sample._replace(largest=n), 8) for n in (100, 10_000))
        assert one.seconds.value - even.seconds.value == pytest.approx(100 - 100 / 8)
        assert one.core_seconds == even.core_seconds

    def test_a_start_takes_longer_where_workers_started_late(self):
        sample = TaskSample([make_task()], 2, 1_000_000, 1.0, READY_SECONDS)
        quiet = estimate_run(sample, 2)
        busy = estimate_run(sample._replace(ready_seconds=3 * READY_SECONDS), 2)
        assert busy.seconds.value - quiet.seconds.value == pytest.approx(2 * START_SECONDS)
        assert busy.quiet_seconds == quiet.quiet_seconds

    def test_the_interval_holds_the_truth(self):
        """Of sources whose tasks differ much, about 95 of 100 samples have the true pace in their interval."""
        random, held = np.random.default_rng(0), 0
        for _ in range(300):
            frames, pace = random.integers(50, 150, 400), random.lognormal(-5, 0.4, 400)
            drawn = random.choice(400, 12, replace=False)
            parts, wholes = frames[drawn] * pace[drawn], frames[drawn]
            truth = (frames * pace).sum() / frames.sum()
            error = find_share_error(parts.tolist(), wholes.tolist(), 12 / 400)
            held += abs(parts.sum() / wholes.sum() - truth) <= error * parts.sum() / wholes.sum()
        assert 0.88 < held / 300 < 0.99

    def test_all_that_there_is_has_no_error_of_a_sample(self):
        assert find_share_error([1, 2, 3], [1, 1, 1], 1.0) == 0
        assert find_share_error([1.0], [1], 0.1) == pytest.approx(0.5 * math.sqrt(0.9))
        assert find_share_error([0, 0], [1, 1], 0.1) > 0  # nothing was kept of these two

    def test_an_epoch_takes_what_stays_in_its_split(self):
        tasks = [make_task(kept=60, number=n) for n in range(8)]
        tasks += [make_task(kept=60, split="val", number=n) for n in (8, 9)]
        sample = TaskSample(tasks, 2, 10_000, 1.0, 1.0)
        made = make_dataset(48, val=(8, 9))  # 60 but for copies across videos
        found = estimate_epoch(sample, made, TRIAL, None, 64)
        assert found.frames == 10_000 * 0.6 * 0.8 * 0.8 // 64 * 64
        judged = 10_000 * 0.6 * 0.8 * 0.2
        forward = (1 / 100 - 1 / 400) / 3 * 1.5
        assert found.validation_seconds == pytest.approx(judged * (1 / 400 + forward))
        few = estimate_epoch(sample, made, TRIAL, 6, 64)
        assert few.frames == 10_000 * 0.06 * 0.8 // 64 * 64 and few.frames_per_video == 6
        assert few.validation_seconds == found.validation_seconds
        on_gpu = estimate_epoch(sample, made, TRIAL._replace(kind="gpu"), None, 64)
        assert on_gpu.validation_seconds == pytest.approx(judged * max(1 / 400, 1 / 100 / 3 * 1.5))
        busy = sample._replace(tasks=[task._replace(queued=0.4) for task in tasks])
        less_sure = estimate_epoch(busy, made, TRIAL, None, 64).seconds
        assert less_sure.value == found.seconds.value and less_sure.high > found.seconds.high
        scratch = estimate_epoch(sample, made, TRIAL._replace(statistics_images=1024), None, 64)
        assert scratch.seconds.value > found.seconds.value + 1

    def test_an_epoch_has_whole_steps_and_at_least_one(self, capsys):
        sample = TaskSample([make_task(number=n) for n in range(10)], 2, 1000, 1.0, 1.0)
        found = estimate_epoch(sample, make_dataset(51, val=(9,)), TRIAL, None, 64)
        assert (found.steps, found.batch_size, found.frames, found.training_frames) == (7, 64, 448, 459)
        few = estimate_epoch(sample, make_dataset(51, val=(9,)), TRIAL, 6, 64)
        assert (few.steps, few.batch_size, few.frames, few.training_frames) == (1, 54, 54, 459)

    def test_a_training_takes_all_epochs_of_all_stages(self):
        sample = TaskSample([make_task(number=n) for n in range(10)], 2, 10_000, 1.0, 1.0)
        epoch = estimate_epoch(sample, make_dataset(val=(9,)), TRIAL, None, 64)
        one, two = TrainSettings("x", weights="none", probe=ProbeSettings(0)), TrainSettings("x")
        short, long = (estimate_training(settings.stages, TRIAL, epoch) for settings in (one, two))
        assert (short.epochs, short.stages, long.epochs, long.stages) == (20, 1, 22, 2)
        beside = short.seconds.value - 20 * epoch.seconds.value
        assert TRIAL.start_seconds < beside < TRIAL.start_seconds + epoch.validation_seconds + 30
        compiled = long.seconds.value - short.seconds.value - 2 * epoch.seconds.value
        assert TRIAL.compile_seconds < compiled < TRIAL.compile_seconds + 10
        assert epoch.seconds.high / epoch.seconds.value == pytest.approx(
            long.seconds.high / long.seconds.value, rel=0.1
        )

    def test_what_training_waits_for(self):
        assert find_training_limit(TRIAL) == "cpu"
        assert find_training_limit(TRIAL._replace(kind="gpu", waiting=0.3)) == "input"

    def test_inventory_and_advise_sum_alike(self):
        assert sum_run_seconds(100, 4, 0, 0) == START_SECONDS + 25
        assert sum_run_seconds(0, 1, 0, 1e9) == sum_run_seconds(0, 4, 0, 1e9, write_rate=100e6)


class TestAdvisedSettings:
    SAMPLE = TaskSample([make_task(number=n) for n in range(4)], 4, 10_000_000, 1.0, 1.0)
    MADE = make_dataset(videos=range(4))

    def advise(self, memory=64 * GB, workers=4, given=None, train=None, sample=SAMPLE, work=None):
        train = train or TrainSettings("x")
        run = estimate_run(sample, workers)
        epochs = [estimate_epoch(sample, self.MADE, TRIAL, k, 64) for k in (train.frames_per_video, 16, 8, 4)]
        shards = PreprocessSettings(["x"], "y", workers=given, work=work)
        return advise_settings(shards, train, run, epochs, machine.Memory(memory, memory), workers)

    def test_workers_fit_the_memory(self):
        assert self.advise()["shards"]["workers"] == 4
        tight = self.advise(memory=6 * GB)  # 2.95 GB for the driver of 10 million frames, 0.7 for a worker
        assert tight["shards"]["workers"] == 4 and "workers_exceed_memory" not in tight["notes"]
        short = self.advise(memory=5 * GB)
        assert short["shards"]["workers"] == 2 and "workers_exceed_memory" in short["notes"]
        assert self.advise(memory=5 * GB, given=4)["shards"]["workers"] == 4  # as was asked for

    def test_few_frames_of_a_video_where_an_epoch_is_long(self):
        assert self.advise()["train"]["frames_per_video"] == 4
        small = self.SAMPLE._replace(frames=10_000)
        assert "frames_per_video" not in self.advise(sample=small)["train"]
        assert "frames_per_video" not in self.advise(train=TrainSettings("x", frames_per_video=4))["train"]

    def test_a_shuffle_that_the_memory_holds(self):
        assert "shuffle_records" not in self.advise()["train"]
        assert self.advise(memory=GB // 2)["train"]["shuffle_records"] == 4096

    def test_a_cache_that_the_memory_holds(self):
        assert "dataset_exceeds_memory" in self.advise()["notes"]  # 72 GB of crops
        assert "dataset_fits_memory" in self.advise(memory=256 * GB)["notes"]

    def test_another_disk_for_the_work(self):
        slow = self.SAMPLE._replace(tasks=[make_task(seconds=1.0)])
        assert "work_on_another_disk" in self.advise(sample=slow)["notes"]
        assert "work_on_another_disk" not in self.advise(sample=slow, work="there")["notes"]


class TestMachine:
    def test_memory_is_that_of_the_control_group(self, tmp_path, monkeypatch):
        (tmp_path / "own").write_text("0::/job\n")
        (tmp_path / "job").mkdir()
        for name, text in {
            "max": "500000000",
            "current": "300000000",
            "stat": "anon 5\ninactive_file 100000000",
        }.items():
            (tmp_path / "job" / f"memory.{name}").write_text(text)
        monkeypatch.setattr(machine, "_GROUPS", tmp_path)
        monkeypatch.setattr(machine, "_OWN", tmp_path / "own")
        assert machine.read_memory() == (500_000_000, 300_000_000)
        (tmp_path / "job" / "memory.max").write_text("max")
        assert machine.read_memory().total > 500_000_000

    def test_disks_are_measured_and_nothing_is_left(self, tmp_path):
        assert machine.measure_writing(tmp_path, 0.05) > 1e6
        assert not list(tmp_path.iterdir())
        path = tmp_path / "1.jpg"
        path.write_bytes(os.urandom(3_000_000))
        start = time.perf_counter()
        rate = machine.measure_reading([os.fsencode(path), os.fsencode(tmp_path / "gone.jpg")], 2, 5.0)
        assert rate > 3_000_000 / (time.perf_counter() - start)
        assert machine.measure_reading([], 2, 1.0) is None


@pytest.mark.parametrize(
    ("span", "text"),
    [
        ((42.4, 38, 47), "42 s (38 to 47)"),
        ((600, 540, 666), "10 min (9 to 11.1)"),
        ((5040, 4320, 6120), "84 min (72 to 102)"),
        ((5760, 4320, 6120), "1.6 h (1.2 to 1.7)"),
    ],
)
def test_times_have_the_unit_that_suits_them(span, text):
    assert format_span(dict(zip(("value", "low", "high"), span, strict=True))) == text
