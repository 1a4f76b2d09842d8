"""litdata's `optimize` with OpenCV."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import cv2

from benchmarks.ways.crops.listed_frames import ListedFrame, cut_by_opencv, open_writing, read_frame_list

PACKAGES = ("litdata", "opencv-contrib-python-headless")


def open_litdata_writer(settings: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """Its workers are forked from this process, which has imported all they need, so that a start costs little."""
    import litdata

    frames = read_frame_list(settings)

    def write(folder: Path) -> None:
        litdata.optimize(
            fn=_cut,
            inputs=frames,
            output_dir=str(folder / "crops"),
            chunk_bytes="64MB",
            num_workers=settings["processes"],
            start_method="fork",
            reorder_files=False,
            verbose=False,
        )

    def read(folder: Path) -> Iterator[tuple[int, bytes]]:
        for sample in litdata.StreamingDataset(str(folder / "crops")):
            yield sample["number"], sample["image"]

    take_turn = open_writing(settings, len(frames), write, read)
    take_turn()
    return take_turn


@cache
def _use_one_thread() -> None:
    cv2.setNumThreads(1)


def _cut(frame: ListedFrame) -> dict[str, Any]:
    _use_one_thread()
    return {"number": frame.number, "image": cut_by_opencv(frame)}
