"""What the experiments work on: a small source, the bytes of an undisturbed run of it, and traces that a run leaves."""

import hashlib
import os
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout, suppress
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

from preprocess.run import run
from preprocess.settings import PreprocessSettings
from shards.emotions import EMOTIONS
from shards.errors import DataError
from shards.verification import verify_dataset
from tools.sample.tree import make_sample
from tools.sample.video_plans import SampleSpec

SMALL_SHARDS = 60_000  # bytes: several shards, from a small source


class Workload(NamedTuple):
    """A source and what a dataset of it must be."""

    source: Path
    expected: dict[str, str]  # SHA-256 of each file by its name
    dataset: Path  # of the undisturbed run


def make_workload(folder: Path, videos: int = 6, frames: int = 4, defects: bool = True) -> Workload:
    """Make a source and run preprocess on it undisturbed, in this process, with a Ray of its own."""
    source, out = folder / "source", folder / "undisturbed"
    make_sample(source, SampleSpec(videos=videos, frames=frames, height=270, defects=defects), workers=1)
    _show_two_moods(source)
    with open(os.devnull, "w", encoding="utf-8") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        run(PreprocessSettings(source=[str(source)], out=str(out), workers=2, shard_bytes=SMALL_SHARDS))
    return Workload(source, digest_files(out), out)


def _show_two_moods(source: Path) -> None:
    """Let the videos of each split show two moods in turn.

    A sample of few videos has moods in validation that training lacks, and then a run that is whole ends with status 1.
    """
    for split in ("Training", "Validation"):
        moods = cycle((EMOTIONS[3].korean, EMOTIONS[2].korean))
        for path in sorted(path for path in source.rglob("*.json") if split in str(path) and path.is_file()):
            text = path.read_text(encoding="utf-8", errors="surrogateescape")
            if any(f'"{emotion.korean}"' in text for emotion in EMOTIONS):
                mood = next(moods)
                for emotion in EMOTIONS:
                    text = text.replace(f'"{emotion.korean}"', f'"{mood}"')
                path.write_text(text, encoding="utf-8", errors="surrogateescape")


def digest_files(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file below a folder, by its path in it."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def compare_files(expected: Mapping[str, str], folder: Path) -> list[str]:
    """A line for each file of a folder that is not as in `expected` (see digest_files), is missing, or is too many."""
    return compare_digests(expected, digest_files(folder))


def compare_digests(expected: Mapping[str, str], found: Mapping[str, str]) -> list[str]:
    """The same of files whose SHA-256 are known by their names."""
    words = {True: {True: "differs", False: "is missing"}, False: {True: "is too many"}}
    names = sorted(name for name in {**expected, **found} if expected.get(name) != found.get(name))
    return [f"{name} {words[name in expected][name in found]}" for name in names]


def find_fault(out: Path) -> str:
    """What is wrong with a dataset, whose dataset.json is there and may be damaged too; empty where it is whole."""
    try:
        return next(verify_dataset(out), "")
    except DataError as error:
        return str(error)


def list_traces(folder: Path) -> list[str]:
    """Partial files, locks and work below a folder that no run should leave behind."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob(".*"))


def stamp_work(out: Path, work: Path) -> dict[str, int]:
    """When each finished spill and shard of a run was written, in ns, wherever it lies by now.

    What is finished has a note beside it; files of a worker that was killed just before its note are not.
    """
    spills = [*out.glob(".work/*/spill/*"), *work.glob("*/*")]
    finished = [path for path in spills if path.with_suffix(".json").exists()]
    for staging in out.glob(".work/*/finished"):
        notes = "".join(map(_read_note, staging.glob("[!.]*.json")))
        finished += [path for path in staging.glob("pet_*") if f'"{path.name}"' in notes]
    stamps = {}
    for path in [*finished, *out.glob("pet_*")]:
        if not path.name.startswith("."):
            with suppress(FileNotFoundError):  # a worker or the run is just moving it
                stamps[path.name] = path.stat().st_mtime_ns
    return stamps


def _read_note(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""
