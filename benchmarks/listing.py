"""Time and memory of listing a zip of a million members: python -m benchmarks.listing [--members 1000000]

The zip holds videos of 99 tiny frames and a label each, with names in CP949. It is listed in a process of its own, as a
run and the inventory list it: labels paired with frame folders, no member read.

Time: about half a minute, most of it for writing the zip. Last line: members, seconds, seconds per million and the
process's peak memory in GB.
"""

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from benchmarks.memory import read_peak_gb
from console.command import Parser, run_command
from preprocess.sources.source_kinds import find_videos
from shards.errors import CallError
from tools.sample.zip_writer import ZipMember, write_zip

FRAMES = 99  # of a video, as in AI Hub's data
_LABELS, _IMAGES = "라벨링데이터".encode("cp949"), "원천데이터".encode("cp949")


def make_members(videos: int) -> Iterator[ZipMember]:
    """The labels and frames of some videos, of a few bytes each."""
    for video in range(videos):
        name = b"20201028_cat-walkrun-%06d.mp4" % video
        yield ZipMember(b"%s/%s.json" % (_LABELS, name), False, b"{}")
        for frame in range(FRAMES):
            path = b"%s/%s/frame_%d_timestamp_%d.jpg" % (_IMAGES, name, 6 * frame, 200 * frame)
            yield ZipMember(path, False, b"tiny")


def time_listing(folder: Path) -> dict[str, float]:
    """List a source in this process."""
    start = time.perf_counter()
    found = find_videos([str(folder)])
    seconds, members = time.perf_counter() - start, found.frames + len(found.videos)
    return {
        "members": members,
        "seconds": round(seconds, 2),
        "seconds_per_million": round(1e6 * seconds / members, 2),
        "peak_gb": round(read_peak_gb(), 3),
    }


def main(arguments: list[str]) -> int:
    parser = Parser("benchmarks.listing", __doc__)
    parser.add_argument("--members", type=int, default=1_000_000)
    members = parser.parse_args(arguments).members
    if members <= FRAMES:
        raise CallError(f"--members {members}: give at least {FRAMES + 1}, a video's label and frames")
    with tempfile.TemporaryDirectory() as folder:
        with open(Path(folder, "WALKRUN.zip"), "wb") as file:
            write_zip(file, make_members(members // (FRAMES + 1)))
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:
            figures = pool.submit(time_listing, Path(folder)).result()
    for name, value in figures.items():
        print(f"{name:<20}{value:>12}")
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(run_command("listing", main, sys.argv[1:]))
