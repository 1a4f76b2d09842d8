"""The place where a command runs is not trusted: streams, paths, home, temporary folder, Python's own switches.

All oddities at once in one run; should it fail, the test above each says which of them to look at.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from preprocess import core_count, ray_cluster
from shards.errors import CallError
from tests.conftest import ROOT
from tests.trees import make_label, write_video

STRANGE = os.fsdecode("강아지".encode("cp949")) + " [a-b]{c,d}*?%d:"  # neither UTF-8 nor free of patterns


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    root = Path(os.fsdecode(os.fsencode(tmp_path_factory.mktemp("place")))) / STRANGE
    for number, mood in enumerate(("편안/안정", "공포", "편안/안정", "편안/안정")):
        part = "Validation" if number == 3 else "Training"
        write_video(root / "pets", f"dog-walkrun-{number:06}", label=make_label(inspect={"emotion": mood}), part=part)
    return root


# Runs modules one after the other, as `python -m` does, in one process; says which one fails.
MODULES = """
import runpy, sys, warnings
calls = [[]]
for word in sys.argv[1:]:
    calls.append([]) if word == ";" else calls[-1].append(word)
for sys.argv in calls:
    name = sys.argv[0]
    try:
        with warnings.catch_warnings():  # a command lets them pass; the next one is started without that
            runpy.run_module(name, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        if end.code:
            sys.exit(f"{name} ended with {end.code}")
"""


def run_strangely(place: Path, *arguments: str | Path, closed: bool = False) -> subprocess.CompletedProcess[bytes]:
    """Run `python -OO -W error ARGUMENTS` in a hostile environment, with the strange folder as the current one."""
    long_path = place / ("x" * 100)
    long_path.mkdir(exist_ok=True)
    environment = os.environ | {
        "HOME": "/proc/nothing",
        "TMPDIR": str(long_path),
        "PYTHONPATH": str(ROOT),
        "PYTHONIOENCODING": "ascii",
        "PYTHONWARNINGS": "error",
        "LC_ALL": "C",
    }
    command = [sys.executable, "-OO", "-W", "error", *map(str, arguments)]
    if closed:
        command = ["bash", "-c", 'exec "$@" <&- >&- 2>&-', "bash", *command]
    return subprocess.run(command, cwd=place, env=environment, capture_output=True, check=False)


def test_a_dataset_is_made_checked_and_shown_anywhere(place):
    made = run_strangely(place, "-m", "preprocess", "--source", "pets", "--out", "out", "--workers", "1", closed=True)
    assert made.returncode == 0, made.stderr
    # The lightest first: each meets what the ones before it did not import.
    calls = (
        ("tools.verify", place / "out"),
        ("tools.inventory", "pets", "--json", place / "there.json", "--html", place / "there.html"),
        ("tools.show", place / "out"),
        ("tools.dataset_report", place / "out", "--json", place / "figures.json"),
        ("tools.dedupe_report", place / "out", "--json", place / "near.json", "--csv", place / "near.csv"),
        ("tools.to_csv", place / "out"),
        ("tools.to_coco", place / "out", "--all"),
        ("preprocess", "--source", place / "pets", "--out", place / "out", "--workers", "1"),
        (
            *("preprocess", "--source", place / "out.csv/train.csv", "--valid_source", place / "out.csv/val.csv"),
            *("--out", place / "csv", "--workers", "1"),
        ),
    )
    done = run_strangely(place, "-c", MODULES, *[word for call in calls for word in (*call, ";")][:-1])
    assert done.returncode == 0, done.stderr
    assert b"nothing to do" in done.stdout and b"\\udcc1\\udcf6 [a-b]{c,d}*?%d:/out was made from" in done.stdout
    assert b"Traceback" not in done.stderr and b"Warning" not in done.stderr
    made = {path.name for path in place.iterdir()} - {"pets", "x" * 100}
    assert made == {
        *("out", "out.log.json", "out.png", "out.dataset.html", "out.dedupe.html", "out.csv", "out.coco"),
        *("csv", "csv.log.json"),
        *("figures.json", "near.json", "near.csv", "there.json", "there.html"),
    }
    assert "no source" not in (place / "out.dataset.html").read_text("utf-8")


def test_help_without_docstrings(place):
    done = run_strangely(place, "-m", "preprocess", "--help")
    assert done.returncode == 0 and b"--dedupe.distance" in done.stdout


def test_ray_goes_where_it_fits(tmp_path, monkeypatch):
    long_path = tmp_path / ("x" * 100)
    long_path.mkdir()
    monkeypatch.setattr(ray_cluster.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.delenv("RAY_TMPDIR", raising=False)
    monkeypatch.setattr(ray_cluster, "_SOCKET_NAME", 107 - len(str(tmp_path / "ray")))
    assert ray_cluster.find_session_folder() == str(tmp_path / "ray")
    monkeypatch.setattr(ray_cluster.tempfile, "gettempdir", lambda: str(long_path))
    assert ray_cluster.find_session_folder() == "/tmp/ray"
    monkeypatch.setattr(ray_cluster, "_SESSION_BYTES", 2**60)
    with pytest.raises(CallError, match=r"too long a path for a socket; /tmp has \d+ MB free of the .*set TMPDIR"):
        ray_cluster.find_session_folder()


@pytest.mark.parametrize(
    ("files", "quota"),
    [
        ({"cpu.max": "150000 100000\n"}, 1.5),
        ({"cpu.max": "max 100000\n"}, float("inf")),
        ({"cpu/cpu.cfs_quota_us": "50000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 0.5),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, float("inf")),
        ({"cpu.max": "max 100000\n", "slice/job/cpu.max": "50000 100000", "slice/cpu.max": "150000 100000"}, 0.5),
        ({}, float("inf")),
        ({"cpu.max": ""}, float("inf")),
    ],
)
def test_a_quota_of_cores_counts(tmp_path, monkeypatch, files, quota):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "own").write_text("0::/slice/job\n3:cpu,cpuacct:/\n")
    assert core_count.read_quota(tmp_path, tmp_path / "own") == quota
    monkeypatch.setattr(core_count, "_GROUPS", tmp_path)
    monkeypatch.setattr(core_count, "_OWN", tmp_path / "own")
    assert core_count.count_cores() == max(1, min(len(os.sched_getaffinity(0)), -(-quota // 1)))


def test_a_folder_of_sockets_that_is_full_is_named(tmp_path, monkeypatch):
    small = tmp_path / "small"
    small.mkdir()
    monkeypatch.setattr(ray_cluster, "_SOCKET_NAME", 0)
    if (
        not shutil.which("mount")
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", small], check=False, capture_output=True
        ).returncode
    ):
        pytest.skip("mounting a small disk is not allowed here")
    try:
        assert "1 MB free of the 50 needed" in ray_cluster._find_folder_problem(str(small), str(small / "ray"))
    finally:
        subprocess.run(["umount", small], check=True)


def test_compiled_loops_have_one_place_for_each_user(tmp_path, monkeypatch):
    import preprocess

    monkeypatch.setattr(preprocess.tempfile, "tempdir", str(tmp_path))
    place = preprocess._make_numba_cache()
    assert place.parent == tmp_path and preprocess._make_numba_cache() == place
    place.rmdir()
    (tmp_path / "others").mkdir()
    place.symlink_to("others")  # by whoever wants our loops to be his
    assert preprocess._make_numba_cache() != place


@pytest.mark.parametrize(
    ("data", "run"),
    [
        ("data/내 폴더/pets", "runs/pets"),
        ("data/내 폴더/내 개/", "runs/내 개"),
        ("a b/x y.csv", "runs/x y"),
        ("data/pets", "runs/pets"),
    ],
)
def test_make_names_a_run_by_the_last_part_of_the_data(data, run):
    said = subprocess.run(
        ["make", "-n", "train", f"DATA={data}"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert f'trainer.train --train "{data}" --out "{run}"' in said
