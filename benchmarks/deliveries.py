"""The same frames from a folder, stored zips, pieces in a tar and deflated zips: python -m benchmarks.deliveries

One process on one core makes passes over the forms in turn, in another order each round: the video task as in
benchmarks.preprocess, listing included, and a pass that only reads. The task runs first with all bytes in the page
cache, then, as the reading does, after the cache was dropped. Ratios are a form's seconds over the folder's, medians
over rounds of the ratios within a round; cpu_ratio takes the processor's seconds, which other programs disturb less.
The frames are those of benchmarks.preprocess. A zip of a million members is listed by benchmarks.listing.

The cache is dropped file by file, which leaves the folders' own entries in it, in favour of the folder; with
--drop_caches for the whole system, which needs root and slows down everything else that runs. On a disk in memory
nothing is ever cold: `cold_share_from_disk` says which share of the bytes came from the disk (-1: it is not counted).

Time: about ten minutes on 2 cores. Last line: the highest ratio of the sets of frames for each form, warm and cold; the
inventory's seconds per million members and peak memory in GB; and all figures by set.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from benchmarks.preprocess import VIDEOS, make_source_trees, run_task
from console.command import Parser, run_command
from preprocess.ray_cluster import WORKER_ENVIRONMENT
from preprocess.sources.data_file import read_data_file
from preprocess.sources.input_fingerprint import read_inputs
from preprocess.sources.source_kinds import find_videos
from shards.errors import CallError
from tools.sample.delivery_forms import choose_piece_length, cut_into_pieces, pack_folder, pack_tar

DELIVERY_FORMS = ("folder", "stored", "tar_pieces", "deflated")
_DROP_CACHES = Path("/proc/sys/vm/drop_caches")


class Turn(NamedTuple):
    """One pass over one form."""

    seconds: float
    processor: float  # seconds
    from_disk: int | None  # bytes that the disk gave; None where the system does not count them


def make_deliveries(tree: Path, folder: Path) -> dict[str, Path]:
    """A source for each form, all with the frames of `tree`, which becomes the first one's folder."""
    forms = {form: folder / form for form in DELIVERY_FORMS}
    for path in forms.values():
        path.mkdir(parents=True)
    pack_folder(tree, forms["stored"] / "ARCH.zip")
    pack_folder(tree, forms["deflated"] / "ARCH.zip", deflated={".json", ".jpg"})
    pieces = folder / "pieces"
    shutil.copytree(forms["stored"], pieces)
    cut_into_pieces(pieces / "ARCH.zip", choose_piece_length((pieces / "ARCH.zip").stat().st_size))
    pack_tar(pieces, forms["tar_pieces"] / "download.tar")
    shutil.rmtree(pieces)
    tree.rename(forms["folder"] / "ARCH")
    return forms


def read_all_frames(source: Path) -> None:
    """Read the bytes of every label and frame, in the order in which tasks read them."""
    for video in find_videos([str(source)]).videos:
        for image in read_inputs(video).images.values():
            read_data_file(image.file)


PASSES = {"task": run_task, "read": read_all_frames}


def serve_turns(forms: dict[str, str]) -> None:
    """The process that makes the passes: for each line on stdin (pass, form) it prints a Turn as JSON."""
    for form in forms.values():
        run_task(Path(form))  # imports, compiled code, page cache
    print("ready", flush=True)
    for line in sys.stdin:
        way, form = line.split()
        before, start, processor = read_disk_bytes(), time.perf_counter(), time.process_time()
        PASSES[way](Path(forms[form]))
        seconds, processor = time.perf_counter() - start, time.process_time() - processor
        from_disk = None if before is None else read_disk_bytes() - before
        print(json.dumps(Turn(seconds, processor, from_disk)), flush=True)


def read_disk_bytes() -> int | None:
    """How many bytes disks have given to this process so far; None where the system does not count them."""
    try:
        fields = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    except OSError:
        return None
    return int(fields["read_bytes"])


def start_server(forms: dict[str, Path]) -> subprocess.Popen:
    """The process that makes the passes, when it is ready."""
    text = json.dumps({form: str(path) for form, path in forms.items()})
    command = [sys.executable, "-m", "benchmarks.deliveries", "--serve", text]
    pipe, environment = subprocess.PIPE, os.environ | WORKER_ENVIRONMENT
    server = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True, env=environment)
    assert server.stdout.readline() == "ready\n", "the measured process did not start"
    return server


def take_turn(server: subprocess.Popen, way: str, form: str) -> Turn:
    server.stdin.write(f"{way} {form}\n")
    server.stdin.flush()
    return Turn(*json.loads(server.stdout.readline()))


def time_rounds(
    server: subprocess.Popen, forms: dict[str, Path], way: str, rounds: int, drop: Callable[[Path], None] | None = None
) -> list[dict[str, Turn]]:
    """A Turn by form, for each round; each round begins with another form. `drop` is called with a form's source."""
    results = []
    for number in range(rounds):
        results.append({})
        for form in rotate(DELIVERY_FORMS, number):
            if drop:
                drop(forms[form])
            results[-1][form] = take_turn(server, way, form)
    return results


def rotate(values: tuple[str, ...], places: int) -> tuple[str, ...]:
    """The values in their order, but beginning elsewhere."""
    places %= len(values)
    return values[places:] + values[:places]


def drop_cache(source: Path, system: bool) -> None:
    """Drop what the page cache holds of a source's files, or all that the system has cached."""
    if system:
        _DROP_CACHES.write_text("3\n")
        return
    for path in (path for path in source.rglob("*") if path.is_file()):
        with open(path, "rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def measure_forms(forms: dict[str, Path], rounds: int, drop: Callable[[Path], None]) -> dict[str, float]:
    """All figures of one set of frames; prints a line for each form."""
    count = find_videos([str(forms["folder"])]).frames
    size = sum(path.stat().st_size for path in forms["folder"].rglob("*") if path.is_file())
    server = start_server(forms)
    os.sync()  # what was written just now cannot be dropped from the cache before it is on the disk
    warm = time_rounds(server, forms, "task", rounds)
    cold = time_rounds(server, forms, "task", rounds, drop)
    read = time_rounds(server, forms, "read", rounds, drop)
    server.stdin.close()
    server.wait()
    for form in DELIVERY_FORMS:
        rates = [count / find_median(results, form) for results in (warm, cold)]
        print(f"{form:<12}{rates[0]:>10.0f}{rates[1]:>10.0f}{size / find_median(read, form) / 1e6:>12.0f}")
    figures = {}
    for kind, results in (("ratio", warm), ("cold_ratio", cold), ("cold_read_ratio", read)):
        figures |= {f"{kind}_{form}": find_ratio(results, form) for form in DELIVERY_FORMS[1:]}
    figures |= {f"cpu_ratio_{form}": find_ratio(warm, form, "processor") for form in DELIVERY_FORMS[1:]}
    shares = [turn.from_disk / size for result in read for turn in result.values() if turn.from_disk is not None]
    return figures | {"cold_share_from_disk": statistics.median(shares) if shares else -1.0}


def find_median(results: list[dict[str, Turn]], form: str) -> float:
    return statistics.median(result[form].seconds for result in results)


def find_ratio(results: list[dict[str, Turn]], form: str, kind: str = "seconds") -> float:
    """A form's seconds over the folder's; `kind` is a field of Turn."""
    return statistics.median(getattr(result[form], kind) / getattr(result["folder"], kind) for result in results)


def measure_listing(members: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.listing", "--members", str(members)]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])
    return {"inventory_seconds_per_million": found["seconds_per_million"], "inventory_peak_gb": found["peak_gb"]}


def main(arguments: list[str]) -> int:
    parser = Parser("benchmarks.deliveries", __doc__)
    parser.add_argument("--clip", type=Path, default=Path("../shared/real"), help="folder with make_aihub_tree.py")
    parser.add_argument("--folder", type=Path, help="where the frames are written, on the disk that is to be measured")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--videos", type=int, default=VIDEOS)
    parser.add_argument("--members", type=int, default=1_000_000, help="of the zip that is listed")
    parser.add_argument("--drop_caches", action="store_true", help="make the whole system's cache cold; needs root")
    parser.add_argument("--serve", type=json.loads, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.serve:
        serve_turns(chosen.serve)
        return 0
    if min(chosen.rounds, chosen.videos) < 1:
        raise CallError("--rounds and --videos: give at least 1")
    if chosen.drop_caches and not os.access(_DROP_CACHES, os.W_OK):
        raise CallError(f"--drop_caches: {_DROP_CACHES} cannot be written; run as root, or without it")
    drop = partial(drop_cache, system=chosen.drop_caches)
    with tempfile.TemporaryDirectory(dir=chosen.folder) as text:
        folder, found = Path(text), {}
        for name, tree in make_source_trees(folder / "trees", chosen.clip, chosen.videos).items():
            forms = make_deliveries(tree, folder / name)
            print(f"{name:<12}{'frames/s':>10}{'cold':>10}{'cold MB/s':>12}")
            found[name] = measure_forms(forms, chosen.rounds, drop)
    highest = {key: max(figures[key] for figures in found.values()) for key in found["made"]}
    listing = measure_listing(chosen.members)
    rounded = {name: {key: round(value, 3) for key, value in one.items()} for name, one in found.items()}
    print(json.dumps({key: round(value, 3) for key, value in highest.items()} | listing | {"by_frames": rounded}))
    return 0


if __name__ == "__main__":
    sys.exit(run_command("deliveries", main, sys.argv[1:]))
