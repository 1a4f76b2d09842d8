"""Whatever happens to a dataset in whatever order, it is made whole again by the same command, with the same bytes.

A state machine of Hypothesis, which looks for a short sequence that breaks that: runs, runs that end at any rename,
damaged files of the dataset and of its work, labels that change, and verification. All runs are real ones.
"""

import json
import os
import random
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import ClassVar
from unittest import mock

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from chaos.damage.damaged_bytes import damage_bytes
from chaos.experiment import Bench, Findings
from chaos.workload import digest_files
from console.output.messages import open_output
from preprocess import run as preprocess_run
from preprocess.output_folder.run_log import log_file
from preprocess.output_folder.work_folders import WORK
from preprocess.ray_cluster import start_ray
from preprocess.settings import CropSettings, PreprocessSettings
from shards.emotions import KOREAN
from shards.errors import CallError, DataError
from shards.verification import verify_dataset
from tools.sample.tree import make_sample
from tools.sample.video_plans import SampleSpec

_MOODS = (1, 4)  # between which labels change
_VIDEOS = 2  # whose labels change
_MOST_RENAMES = 40  # of the driver, in a run
_STEPS = 8  # of an example, at most


class Ground:
    """A source to copy, and what a dataset of it must be, by the moods of its first videos."""

    def __init__(self, folder: Path):
        self._folder, self.count = folder, 0
        make_sample(folder / "source", SampleSpec(videos=3, frames=2, height=96, defects=False), workers=1)
        self._expected: dict[tuple[int, ...], dict[str, str]] = {}

    def make_source(self) -> tuple[Path, Path]:
        """Another copy of the source, and a folder for its dataset."""
        self.count += 1
        folder = self._folder / str(self.count)
        shutil.copytree(self._folder / "source", folder / "source")
        return folder / "source", folder / "데이터셋"

    def find_expected(self, source: Path, moods: tuple[int, ...]) -> dict[str, str]:
        """The digests of the files of a dataset that is made of this source undisturbed."""
        if moods not in self._expected:
            out = self._folder / f"of {moods}"
            run_quietly(source, out, replace=False)
            self._expected[moods] = digest_files(out)
        return self._expected[moods]


def run_quietly(source: Path, out: Path, replace: bool) -> None:
    crop = CropSettings(size=64)
    preprocess_run.run(PreprocessSettings([str(source)], str(out), crop=crop, workers=2, replace=replace))


class DatasetMachine(RuleBasedStateMachine):
    """One source and one OUT; see the module. `ground` and `ends` are those of the experiment."""

    ground: ClassVar[Ground]
    ends: ClassVar[float] = float("inf")
    counts: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.source, self.out = self.ground.make_source()
        self.labels = sorted(self.source.rglob("*.json"))[:_VIDEOS]
        self.moods = (_MOODS[0],) * _VIDEOS
        for video in range(_VIDEOS):
            self._write_mood(video, _MOODS[0])
        self.made: tuple[int, ...] | None = None  # the moods of which OUT holds an undamaged dataset, if that is known
        self.damaged = False  # whether a file was damaged since OUT was made

    def teardown(self) -> None:
        shutil.rmtree(self.source.parent, ignore_errors=True)

    @rule(video=st.integers(0, _VIDEOS - 1), mood=st.sampled_from(_MOODS))
    def change_label(self, video: int, mood: int) -> None:
        self._write_mood(video, mood)

    @rule()
    def run_again(self) -> None:
        """The command once more; with --replace where it asks for it, and anew where nothing else helps."""
        if time.monotonic() >= self.ends:
            return
        self._make(self._run_or_replace)
        found, expected = self._digest(), self.ground.find_expected(self.source, self.moods)
        if found != expected:
            # Only what verification reads is told apart from the dataset: a run compares sizes.
            assert self.damaged and self._has_faults(), (
                f"another dataset, and nobody noticed: {_differ(found, expected)}"
            )
            shutil.rmtree(self.out)
            run_quietly(self.source, self.out, replace=False)
            assert self._digest() == expected, "another dataset from an empty folder"
            self.counts["damage found by verification"] += 1
        assert not [path for path in self.out.iterdir() if path.name.startswith(".")], "work was left"
        self.made, self.damaged = self.moods, False
        self.counts["same bytes"] += 1

    @rule(rename=st.integers(1, _MOST_RENAMES))
    def end_at_a_rename(self, rename: int) -> None:
        """A run of which the disk keeps what was there before one of the driver's renames."""
        if time.monotonic() >= self.ends:
            return
        snapshot = self.out.with_name("snapshot")
        with _snapshot_before_rename(self.out, snapshot, rename):
            self._make(self._run_or_replace)
        if snapshot.exists():
            shutil.rmtree(self.out)
            snapshot.rename(self.out)
            self.counts["ended at a rename"] += 1
        self.made = None

    @rule(place=st.integers(0, 1000), chance=st.integers(0, 2**32))
    def damage(self, place: int, chance: int) -> None:
        """Other bytes in one of the files in OUT, or in the log beside it."""
        files = sorted(path for path in [*self.out.rglob("*"), *self.out.parent.glob("*.log.json")] if path.is_file())
        if files:
            path = files[place % len(files)]
            times = path.stat()
            path.write_bytes(damage_bytes(path.read_bytes(), random.Random(chance))[0])
            os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
            self.made, self.damaged = None, True

    @rule()
    def verify(self) -> None:
        if self.made == self.moods and not self.damaged:
            assert not self._has_faults(), "a whole dataset is said to be damaged"
        elif (self.out / "dataset.json").exists() and not self._has_faults():
            assert self.out.exists()
            self.counts["whole after all"] += 1

    def _write_mood(self, video: int, mood: int) -> None:
        label = json.loads(self.labels[video].read_text(encoding="utf-8-sig"))
        label["metadata"]["inspect"]["emotion"] = KOREAN[mood]
        self.labels[video].write_text(json.dumps(label, ensure_ascii=False), encoding="utf-8")
        self.moods = (*self.moods[:video], mood, *self.moods[video + 1 :])

    def _run_or_replace(self) -> None:
        try:
            run_quietly(self.source, self.out, replace=False)
        except (CallError, DataError) as error:
            was_made_of_this = self.made == self.moods and not self.damaged
            assert not was_made_of_this, f"the same command again: {error}"
            run_quietly(self.source, self.out, replace=True)

    def _make(self, run: object) -> None:
        try:
            run()
        except (CallError, DataError) as error:
            assert self.damaged, f"nothing is damaged, and yet: {error}"
            shutil.rmtree(self.out)
            log_file(self.out).unlink(missing_ok=True)  # a damaged one may be anybody's, so it is never overwritten
            run_quietly(self.source, self.out, replace=False)
            self.counts["refused until removed"] += 1

    def _has_faults(self) -> bool:
        try:
            return any(True for _ in verify_dataset(self.out))
        except (CallError, DataError):
            return True

    def _digest(self) -> dict[str, str]:
        return {name: digest for name, digest in digest_files(self.out).items() if not name.startswith(WORK)}


@contextmanager
def _snapshot_before_rename(folder: Path, snapshot: Path, rename: int) -> Iterator[None]:
    """In the block, the folder as it is before this process's Nth rename is kept in `snapshot`, by links.

    Files are never changed in place, so links are as good as copies, and keep inodes and times as a kill would.
    """
    real, count = os.replace, 0

    def replace(*call: object, **options: object) -> None:
        nonlocal count
        count += 1
        if count == rename:
            with suppress(shutil.Error, FileNotFoundError):  # a worker renames, too
                shutil.copytree(folder, snapshot, copy_function=os.link)
        real(*call, **options)

    with mock.patch("os.replace", replace):
        yield


def _differ(found: dict[str, str], expected: dict[str, str]) -> list[str]:
    return sorted(name for name in found.keys() | expected.keys() if found.get(name) != expected.get(name))


def try_sequences(folder: Path, examples: int, chance: int | None, ends: float = float("inf")) -> Findings:
    """Try some sequences with the Ray that runs; with `chance` others than those that are tried without."""
    machine = type("Machine", (DatasetMachine,), {"ground": Ground(folder), "ends": ends, "counts": Counter()})
    findings = Findings()
    how = settings(
        max_examples=examples,
        stateful_step_count=_STEPS,
        deadline=None,
        database=None,
        derandomize=chance is None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    try:
        with open_output(["--quiet"]):
            run_state_machine_as_test(machine if chance is None else seed(chance)(machine), settings=how)
    except Exception as error:
        findings.lost += [_describe_failure(each) for each in _list_failures(error)]
    findings.outcomes = machine.counts
    return findings


def _list_failures(error: Exception) -> list[Exception]:
    """What went wrong: Hypothesis raises several failures as a group."""
    if isinstance(error, ExceptionGroup):
        return [failure for each in error.exceptions for failure in _list_failures(each)]
    return [error]


def _describe_failure(error: Exception) -> str:
    notes = " ".join(getattr(error, "__notes__", ()))  # the steps that led there
    return " ".join(f"{type(error).__name__}: {error} {notes}".split())[:2_000]


def run(bench: Bench) -> Findings:
    with start_ray(2, None):
        return try_sequences(bench.folder, bench.tries, bench.chance.getrandbits(32), bench.ends)
