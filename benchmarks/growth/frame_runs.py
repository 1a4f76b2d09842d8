"""Whole runs of preprocess over the same frames once, four and sixteen times, and what their processes take."""

import json
import os
import re
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from preprocess.sources.source_kinds import find_videos
from preprocess.sources.task_groups import group_into_tasks
from shards.errors import DataError

_LOOK_SECONDS = 0.25  # between two looks at the processes of a run
_NO_VALIDATION = "validation is empty"
_NUMBER = re.compile(r"(\d{6})(?=(?:\.mp4)?$)")  # of a video, at the end of its name


def copy_videos(tree: Path, times: int) -> None:
    """Let a tree hold each of its videos so many times, under other names. Frames become links to the same bytes."""
    for label in sorted(tree.rglob("*.json")):
        name = label.name.removesuffix(".json")
        frames = next(path for path in tree.rglob(name) if path.is_dir())
        for copy in range(1, times):
            other = _NUMBER.sub(lambda number, copy=copy: f"{int(number[1]) + 1000 * copy:06}", name)
            text = label.read_text(encoding="utf-8-sig")
            text = text.replace(_name_in_label(name), _name_in_label(other))
            label.with_name(f"{other}.json").write_text(text, encoding="utf-8")
            frames.with_name(other).mkdir()
            for frame in frames.iterdir():
                os.link(frame, frames.with_name(other) / frame.name)


def _name_in_label(video: str) -> str:
    """The part of a video's name that its label has too, where the date is a folder."""
    return video.removesuffix(".mp4").rpartition("_")[2]


def keep_first_frames(tree: Path, videos: int) -> None:
    """Leave so many videos in a tree, and of each the first frame alone: as many tasks, which are hardly any work."""
    kept = []
    for video in find_videos([str(tree)]).videos[:videos]:
        label = next(path for path in tree.rglob("*.json") if path.name.removesuffix(".json") == video.name)
        said = json.loads(label.read_text(encoding="utf-8-sig"))
        said["annotations"] = said["annotations"][:1]
        label.write_text(json.dumps(said, ensure_ascii=False), encoding="utf-8")
        number, timestamp = (said["annotations"][0][name] for name in ("frame_number", "timestamp"))
        frames = next(path for path in tree.rglob(video.name) if path.is_dir())
        kept += [label, frames / f"frame_{number}_timestamp_{timestamp}.jpg"]
    for path in {*tree.rglob("*.json"), *tree.rglob("*.jpg")} - set(kept):
        path.unlink()


def is_worker(words: list[str]) -> bool:
    """Whether the call of a process of Ray's is that of a worker, and not of an agent."""
    return bool(words) and words[0].startswith("ray::") and "Agent" not in words[0]


@dataclass
class RunWatch:
    """What the processes of a run have taken so far, by process; looked at until `ended` is set."""

    pid: int
    ended: threading.Event = field(default_factory=threading.Event)
    taken: dict[int, dict[str, Any]] = field(default_factory=dict)

    def watch(self) -> None:
        import psutil

        while not self.ended.wait(_LOOK_SECONDS):
            with suppress(psutil.Error):
                processes = psutil.Process(self.pid)
                for process in (processes, *processes.children(recursive=True)):
                    with suppress(psutil.Error):
                        self._look_at(process)

    def _look_at(self, process: Any) -> None:
        # One that has just ended, as parts of Ray's do in its start, has no command any more, and is not taken.
        used, disk, memory = process.cpu_times(), process.io_counters(), process.memory_info()
        is_a_worker = is_worker(process.cmdline())
        found = self.taken.setdefault(process.pid, {"memory": 0, "private": 0})
        if found.get("kind") != "worker":  # a worker has another name as long as it starts
            found["kind"] = "driver" if process.pid == self.pid else "worker" if is_a_worker else "Ray"
        found |= {
            "core_seconds": used.user + used.system,
            "read": disk.read_chars,
            "written": disk.write_chars,
            "memory": max(found["memory"], memory.rss),
            "private": max(found["private"], memory.rss - memory.shared),
        }

    def sum_up(self) -> dict[str, float]:
        """Core seconds by kind of process, MB that were read and written, and the memory of driver and worker in GB."""

        def of(kind: str, what: str) -> list[float]:
            return [found[what] for found in self.taken.values() if found["kind"] == kind] or [0]

        return {
            **{f"{kind}_core_seconds": sum(of(kind, "core_seconds")) for kind in ("driver", "worker", "Ray")},
            "worker_processes": sum(found["kind"] == "worker" for found in self.taken.values()),
            "read_mb": sum(sum(of(kind, "read")) for kind in ("driver", "worker")) / 1e6,
            "written_mb": sum(sum(of(kind, "written")) for kind in ("driver", "worker")) / 1e6,
            "driver_gb": max(of("driver", "memory")) / 1e9,
            "worker_gb": max(of("worker", "memory")) / 1e9,
            "worker_private_gb": max(of("worker", "private")) / 1e9,
        }


def measure_run(tree: Path, workers: int) -> dict[str, Any]:
    """A whole run of the command in a process of its own: seconds of the clock, by stage too, and RunWatch's figures.

    No near-duplicates are dropped and no whole frames are stored, so that each frame costs the same. Trees of one clip
    have no validation, of which the run complains once its dataset is whole. Raises DataError where it fails otherwise.
    """
    source = find_videos([str(tree)])
    with TemporaryDirectory() as folder:
        call = ["--source", str(tree), "--out", f"{folder}/out", "--workers", str(workers), "--dedupe.enabled", "false"]
        start = time.perf_counter()
        run = subprocess.Popen(
            [sys.executable, "-m", "preprocess", *call, "--frames.per_video", "0"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        watch = RunWatch(run.pid)
        watching = threading.Thread(target=watch.watch)
        watching.start()
        said = run.communicate()[1]
        seconds = time.perf_counter() - start
        watch.ended.set()
        watching.join()
        if run.returncode and _NO_VALIDATION not in said:
            raise DataError(f"a run over {tree} ended with status {run.returncode}: {said.strip().splitlines()[-1]}")
        log = json.loads(Path(folder, "out.log.json").read_text())
        dataset = json.loads(Path(folder, "out", "dataset.json").read_text())
    return {
        "frames": dataset["counts"]["rows"],
        "kept": dataset["counts"]["kept"],
        "tasks": len(group_into_tasks(source)),
        "workers": workers,
        "seconds": seconds,
        "stages": log["seconds"],
        **watch.sum_up(),
    }
