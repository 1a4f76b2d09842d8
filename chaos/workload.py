"""What the experiments work on: a small source, the bytes of an undisturbed run of it, and traces that a run leaves."""

import hashlib
import os
from pathlib import Path
from typing import NamedTuple

import psutil

from preprocess.run import run
from preprocess.settings import PreprocessSettings
from tools.sample.tree import make_sample
from tools.sample.video_plans import SampleSpec

SMALL_SHARDS = 60_000  # bytes: several shards, from a small source


class Workload(NamedTuple):
    """A source and what a dataset of it must be."""

    source: Path
    expected: dict[str, str]  # SHA-256 of each file by its name


def make_workload(folder: Path, videos: int = 6, frames: int = 4) -> Workload:
    """Make a source and run preprocess on it undisturbed, in this process, with a Ray of its own."""
    source, out = folder / "source", folder / "undisturbed"
    make_sample(source, SampleSpec(videos=videos, frames=frames, height=270), workers=1)
    run(PreprocessSettings(source=[str(source)], out=str(out), workers=2, shard_bytes=SMALL_SHARDS))
    return Workload(source, digest_files(out))


def digest_files(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file below a folder, by its path in it."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def list_traces(folder: Path) -> list[str]:
    """Partial files and work below a folder that no run should leave behind."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob(".*") if path.name != ".lock")


def list_processes(since: float) -> list[psutil.Process]:
    """Processes of Ray's on this machine that began after a time (as time.time() tells it)."""
    found = []
    for process in psutil.process_iter(["create_time", "cmdline"]):
        words = " ".join(process.info["cmdline"] or [])
        if process.info["create_time"] >= since and process.pid != os.getpid() and "ray" in words:
            found.append(process)
    return found
