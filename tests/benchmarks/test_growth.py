"""The model of `python -m benchmarks.growth`, its trees, and what it notes of a process; no whole run is made."""

import json
import subprocess
import sys
import threading
import time

import pytest

from benchmarks.growth.__main__ import gather_parts, main, measure_driver_sizes
from benchmarks.growth.frame_runs import RunWatch, copy_videos, keep_first_frames
from benchmarks.growth.parts import measure_copying
from benchmarks.growth.run_model import (
    RunLoad,
    RunParts,
    find_exponents,
    find_saturations,
    fit_line,
    forecast_run,
    keep_contention,
)
from benchmarks.growth.tables import check_core_seconds, check_model, print_forecast, print_runs
from preprocess.sources.aihub_label import parse_aihub_label
from preprocess.sources.source_kinds import find_videos
from preprocess.sources.task_groups import group_into_tasks
from shards.errors import CallError
from tools.sample.tree import make_sample
from tools.sample.video_plans import SampleSpec

PARTS = RunParts(
    start=5.0, task=0.01, frame=0.004, shard=5e-5, driver_task=0.002, driver_frame=1e-5, contention=1.1,
    frame_bytes=400_000, driver_gb=0.4, driver_row_gb=1e-7, shared_gb=0.4, worker_gb=0.2,
)  # fmt: skip
LOAD = RunLoad(frames=10_000, tasks=100)  # 41 s of video tasks for one worker


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    root = tmp_path_factory.mktemp("sample") / "tree"
    make_sample(root, SampleSpec(videos=2, frames=3, height=64, defects=False), workers=1)
    return root


def test_a_line_through_what_lies_on_it_and_what_does_not():
    exact = fit_line([1, 2, 4], [11, 12, 14])
    assert exact.fixed == pytest.approx(10) and exact.each == pytest.approx(1)
    assert exact.residuals == pytest.approx((0, 0, 0))
    bent = fit_line([0, 1, 2], [0, 3, 0])
    assert (bent.fixed, bent.each) == pytest.approx((1, 0)) and bent.residuals == pytest.approx((-1, 2, -1))
    with pytest.raises(ValueError, match="two different"):
        fit_line([3, 3], [1, 2])


def test_exponents():
    assert find_exponents([10, 100, 1000], [1, 10, 1000]) == pytest.approx([1, 2])
    assert find_exponents([10], [1]) == []


def test_a_run_is_its_start_and_its_parts():
    one = forecast_run(PARTS, LOAD, workers=1, cores=4)
    assert one.videos == pytest.approx(41) and one.shards == pytest.approx(0.5) and one.driver == pytest.approx(0.1)
    assert one.seconds == pytest.approx(5 + 41 + 0.5 + 0.1) and one.limit == "workers"
    two = forecast_run(PARTS, LOAD, workers=2, cores=4)
    assert two.videos == pytest.approx(41 * 1.1 / 2) and two.shards == pytest.approx(0.5 * 1.1 / 2)


@pytest.mark.parametrize(
    ("limit", "parts", "workers", "cores", "disk", "videos"),
    [
        ("cores", PARTS, 2, 2, 1e12, (41 * 1.1 + 0.2) / 2),  # the driver works beside the workers
        ("disk", PARTS, 2, 4, 1e8, 40.0),
        ("driver", PARTS._replace(driver_task=1.0), 2, 8, 1e12, 100.0),
        ("workers", PARTS._replace(contention=0.9), 2, 4, 1e12, 20.5),  # nobody is faster beside another
    ],
)
def test_what_limits_the_video_tasks(limit, parts, workers, cores, disk, videos):
    found = forecast_run(parts, LOAD, workers, cores, disk)
    assert found.limit == limit and found.videos == pytest.approx(videos)


@pytest.mark.parametrize(("workers", "slower"), [(1, 1.0), (2, 1.1), (8, 1.1)])
def test_workers_that_slow_each_other_no_more_than_two_do(workers, slower):
    found = forecast_run(keep_contention(PARTS, workers), LOAD, workers, cores=64)
    assert found.videos == pytest.approx(41 * slower / workers)
    assert forecast_run(PARTS, LOAD, 8, cores=64).videos == pytest.approx(41 * 1.7 / 8)


def test_what_is_used_up_first():
    rate = 100 / 0.41  # frames a second of a worker, in tasks of 100
    capacities = {"disk: a": 10 * rate * 400_000, "memory": 10.4 + 1e-3, "memory bandwidth": 20 * rate * 1_000_000}
    found = find_saturations(PARTS, LOAD, capacities, copied_bytes=1_000_000)
    assert [one.what for one in found] == ["disk: a", "memory bandwidth", "memory", "driver"]
    assert [one.workers for one in found] == pytest.approx([10, 20, 48, 205])
    none_left = find_saturations(PARTS, LOAD, {"memory": 0.5}, 1)
    assert none_left[0].what == "memory" and none_left[0].workers == 0


def test_videos_are_copied_under_other_names_and_frames_are_linked(made, tmp_path):
    subprocess.run(["cp", "-r", made, tmp_path / "tree"], check=True)
    before = find_videos([str(tmp_path / "tree")])
    copy_videos(tmp_path / "tree", 4)
    after = find_videos([str(tmp_path / "tree")])
    assert len(after.videos) == 4 * len(before.videos) == 8 and after.frames == 4 * before.frames
    assert len({video.name for video in after.videos}) == 8
    assert {path.stat().st_nlink for path in (tmp_path / "tree").rglob("*.jpg")} == {4}
    labels = sorted((tmp_path / "tree").rglob("*.json"))
    said = [json.loads(path.read_text(encoding="utf-8-sig"))["file_video"] for path in labels]
    assert len(set(said)) == 8 and all(len(parse_aihub_label(path.read_bytes()).annotations) == 3 for path in labels)


@pytest.mark.parametrize("videos", [1, 2])
def test_first_frames_are_left(made, tmp_path, videos):
    subprocess.run(["cp", "-r", made, tmp_path / "tree"], check=True)
    keep_first_frames(tmp_path / "tree", videos)
    source = find_videos([str(tmp_path / "tree")])
    assert len(source.videos) == source.frames == videos == len(group_into_tasks(source))
    assert len(list((tmp_path / "tree").rglob("*.jpg"))) == len(list((tmp_path / "tree").rglob("*.json"))) == videos


def test_a_run_is_watched_with_the_processes_that_it_starts():
    child = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])"
    busy = "import time\nwhile time.process_time() < 0.4: pass\nopen('/dev/null', 'wb').write(bytes(3_000_000))\n"
    run = subprocess.Popen([sys.executable, "-c", child, busy + "time.sleep(0.6)"])
    watch = RunWatch(run.pid)
    watching = threading.Thread(target=watch.watch)
    watching.start()
    run.wait()
    watch.ended.set()
    watching.join()
    found = watch.sum_up()
    assert len(watch.taken) == 2 and found["driver_gb"] > 0.005
    assert (
        0.3 < found["Ray_core_seconds"] < 0.8 and found["driver_core_seconds"] < 0.4
    )  # no worker: Ray's name is not there
    assert found["worker_core_seconds"] == 0


def make_run(workers, frames, tasks):
    names = ("driver_core_seconds", "worker_core_seconds", "Ray_core_seconds", "read_mb", "written_mb")
    memory = {"driver_gb": 0.4, "worker_gb": 0.6, "worker_private_gb": 0.2}
    return {"frames": frames, "tasks": tasks, "workers": workers, **dict.fromkeys(names, 1.0), **memory}


def test_runs_that_are_as_forecast(capsys):
    starts = {workers: make_run(workers, 1, 1) | {"seconds": 5.0} for workers in (1, 2)}
    runs = [make_run(workers, frames, frames // 100) for workers in (1, 2) for frames in (1000, 4000)]
    for run in runs:
        run["seconds"] = forecast_run(PARTS, RunLoad(run["frames"], run["tasks"]), run["workers"], 2).seconds
    fits = print_runs(runs, starts)
    assert fits[1].each == pytest.approx(0.00416, rel=1e-3) and fits[1].fixed == pytest.approx(5, abs=0.01)
    assert fits["core"].each == pytest.approx(0) and fits["core"].fixed == pytest.approx(3)
    found = check_model(PARTS, runs, starts, cores=2)
    assert [one["ratio"] for one in found] == pytest.approx([1] * 4)
    runs[0]["worker_core_seconds"], runs[-1]["worker_core_seconds"] = 1 + 4.15, 1 + 16.6 * 1.1
    found = check_core_seconds(PARTS, runs, starts)
    assert found[0]["ratio"] == pytest.approx(1) and found[-1]["ratio"] == pytest.approx(1)
    assert found[1]["ratio"] == pytest.approx(17.6)  # measured 1 s
    assert "4,000" in capsys.readouterr().out


def test_parts_by_the_clock_and_of_a_core():
    tasks = {"frame": (0.006, 0.004), "frame_beside_another": (0.009, 0.005), "task_of_one_frame": (0.026, 0.003)}
    rows = [
        {
            "rows": 200_000,
            "imports_gb": 0.3,
            "peak_gb": 0.4,
            "shards_gb": 0.1,
            "seconds": {"plan": 0.5, "assemble": 1.5},
        },
        {"rows": 2_200_000, "imports_gb": 0.3, "peak_gb": 0.5, "shards_gb": 0.5, "seconds": {"plan": 9.0}},
    ]
    runs = [make_run(2, 2, 2), make_run(2, 1002, 10) | {"read_mb": 401.0, "written_mb": 21.0}]
    parts = gather_parts(tasks, (6e-5, 5e-5), {"driver": 0.001, "Ray": 0.0005, "workers": 0.002}, rows, runs)
    clock, core = parts["clock"], parts["core"]
    assert clock.task == pytest.approx(0.022) and core.task == 0.002  # never less than nothing
    assert (clock.contention, core.contention) == pytest.approx((1.5, 1.25))
    assert (clock.shard, core.shard, core.driver_task) == (6e-5, 5e-5, 0.0015)
    assert core.driver_frame == pytest.approx(1e-5)  # of the most rows whose manifest was written
    assert core.frame_bytes == pytest.approx(420_000) and core.driver_row_gb == pytest.approx(2e-7)
    assert core.driver_gb == pytest.approx(0.6)
    assert (core.shared_gb, core.worker_gb) == pytest.approx((0.4, 0.2))


def test_copying_memory_is_timed():
    found = measure_copying((1,), size=4 << 20)
    assert 0.2 < found[1] < 500  # GB/s


def test_more_cores_with_each_disk(capsys):
    found = print_forecast(PARTS, 480_000, 10.0)
    hours = found["hours"]["workers slow each other no more than two did"]
    assert hours["hard disk"][16]["limit"] == "disk" and hours["NVMe SSD"][2]["limit"] == "cores"
    assert hours["hard disk"][16]["hours"] > 2 * hours["SATA SSD"][16]["hours"]
    slower = found["hours"]["each worker slows all others as the second did"]
    assert slower["NVMe SSD"][16]["hours"] > hours["NVMe SSD"][16]["hours"]
    assert slower["NVMe SSD"][2] == hours["NVMe SSD"][2]
    assert found["saturations"][0]["what"] == "disk: hard disk"
    assert "memory bandwidth" in capsys.readouterr().out


def test_rows_for_which_there_is_no_memory_are_left_out(tmp_path, capsys):
    assert measure_driver_sizes([10**13], tmp_path) == []
    assert "left out" in capsys.readouterr().out and not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "arguments",
    [
        ["--rows", "10", "200000"],
        ["--rows", "200000"],
        ["--rows", "3000000", "20000000"],
        ["--videos", "0"],
        ["--rounds", "0"],
    ],
)
def test_bad_calls_of_growth(arguments):
    start = time.perf_counter()
    with pytest.raises(CallError, match=arguments[0]):
        main(arguments)
    assert time.perf_counter() - start < 5  # before anything is measured
