"""img2dataset on files of this machine: it cannot crop, so it scales whole frames down."""

import multiprocessing
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.ways.crops.listed_frames import QUALITY, SIDE, iterate_parquet, open_writing, read_frame_list

PACKAGES = ("img2dataset", "opencv-contrib-python-headless")
_THREADS = 4  # that read files, in each process; of 1, 4, 16 and 64 none is faster, and 256 are for servers far away
_LEAST_SHARDS = 4  # for each process, so that none waits long for the last


class _NoLogger:
    """In place of its logger, a process that imports for seconds and then reads how the others are doing."""

    def __init__(self, *_: Any):
        self.done_shards: set[int] = set()

    def start(self) -> None:
        pass

    join = terminate = start


def open_img2dataset(settings: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """Its workers are forked from this process, which has imported all they need; else each imports for seconds."""
    # The package has a function of the name of its module `main`.
    distributor, command = (import_module(f"img2dataset.{name}") for name in ("distributor", "main"))
    distributor.get_context = lambda _: multiprocessing.get_context("fork")
    command.LoggerProcess = _NoLogger
    frames, processes = read_frame_list(settings), settings["processes"]
    urls = Path(settings["frames"]).with_suffix(".parquet")
    pq.write_table(pa.table({"url": [Path(frame.path).as_uri() for frame in frames]}), urls)

    def write(folder: Path) -> None:
        command.download(
            str(urls),
            input_format="parquet",
            output_folder=str(folder / "crops"),
            output_format="parquet",
            image_size=SIDE,
            resize_mode="center_crop",
            encode_quality=QUALITY,
            processes_count=processes,
            thread_count=_THREADS,
            number_sample_per_shard=-(-len(frames) // (_LEAST_SHARDS * processes)),
            compute_hash=None,
            extract_exif=False,
        )

    def read(folder: Path) -> Iterator[tuple[None, bytes]]:
        for _, data in iterate_parquet(folder / "crops", "key", "jpg"):
            yield None, data

    take_turn = open_writing(settings, len(frames), write, read)
    take_turn()
    return take_turn
