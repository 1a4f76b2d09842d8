"""Ray Data: `map_batches` with OpenCV, written as Parquet."""

import atexit
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.ways.crops.listed_frames import (
    ListedFrame,
    cut_by_opencv,
    iterate_parquet,
    open_writing,
    read_frame_list,
)
from preprocess.ray_cluster import find_session_folder

PACKAGES = ("ray",)
_BATCH = 16  # frames


def open_ray_data(settings: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """Ray is started here."""
    import ray
    import ray.data

    ray.init(
        "local",
        num_cpus=settings["processes"],
        include_dashboard=False,
        log_to_driver=False,
        logging_level="ERROR",
        _temp_dir=find_session_folder(),
    )
    atexit.register(ray.shutdown)
    ray.data.DataContext.get_current().enable_progress_bars = False
    rows = [frame._asdict() for frame in read_frame_list(settings)]

    def write(folder: Path) -> None:
        # Blocks small enough that no core waits for another's last one.
        frames = ray.data.from_items(rows, override_num_blocks=8 * settings["processes"])
        frames.map_batches(_cut_batch, batch_size=_BATCH).write_parquet(str(folder))

    take_turn = open_writing(settings, len(rows), write, lambda folder: iterate_parquet(folder, "number", "image"))
    take_turn()
    return take_turn


def _cut_batch(batch: dict[str, Any]) -> dict[str, Any]:
    import cv2
    import numpy as np

    cv2.setNumThreads(1)
    columns = (batch[name].tolist() for name in ListedFrame._fields)
    images = [cut_by_opencv(ListedFrame(*row)) for row in zip(*columns, strict=True)]
    return {"number": batch["number"], "image": np.array(images, object)}
