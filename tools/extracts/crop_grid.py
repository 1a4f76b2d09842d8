"""Draws crops as a PNG: a grid with one line for each mood."""

from pathlib import Path
from typing import Any

import matplotlib
import numpy as np

from console.hangul_font import find_hangul_font
from shards.emotions import EMOTIONS
from shards.storage.atomic_write import write_atomically
from tools.reporting.report_files import REPORT_MARK

matplotlib.use("Agg")  # needs no display; before pyplot is imported
from matplotlib import pyplot


def draw_crop_grid(grid: list[list[tuple[dict[str, Any], np.ndarray]]], path: Path) -> None:
    """Write a PNG with one line of crops for each inner list, none of which is empty.

    A crop is its row of the manifest and its pixels, (size, size, 3) uint8 RGB. All crops of a line have the same mood,
    which is named in Korean and English where a font has Hangul, else in English.
    """
    font = find_hangul_font()
    columns = max(map(len, grid))
    with pyplot.rc_context({"font.family": font} if font else {}):
        figure, axes = pyplot.subplots(
            len(grid), columns, figsize=(2.2 * columns + 1.2, 2.5 * len(grid)), squeeze=False, layout="constrained"
        )
        for line, crops in zip(axes, grid, strict=True):
            for place, axis in enumerate(line):
                axis.set(xticks=[], yticks=[], frame_on=False)
                if place < len(crops):
                    row, pixels = crops[place]
                    axis.imshow(pixels)
                    axis.set_title(_shorten(row["key"]), fontsize=7)
            emotion = EMOTIONS[crops[0][0]["label"]]
            line[0].set_ylabel(f"{emotion.korean}\n{emotion.english}" if font else emotion.english, fontsize=12)
        with write_atomically(path) as file:
            figure.savefig(file, format="png", dpi=100, metadata={"Author": REPORT_MARK})
        pyplot.close(figure)


def _shorten(key: str) -> str:
    return key if len(key) <= 28 else f"…{key[-27:]}"
