"""Look at crops of a dataset: python -m tools.show DIR [--key VIDEO/FRAME] [--png FILE]

Without a key it is a grid: one row for each mood, frames chosen at random by --seed. The crops are those of the
shards, so this is what a model sees.
"""

import random
import sys
from pathlib import Path
from typing import Any

import cv2
import matplotlib
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from console.command import Parser, run_command
from console.hangul_font import find_hangul_font
from shards.dataset import read_dataset
from shards.emotions import EMOTIONS
from shards.errors import CallError, DataError
from shards.manifest import SPLITS, read_manifest
from shards.record_reader import RecordReader
from shards.storage.atomic_write import write_atomically
from shards.tfrecord import DamagedRecord
from tools.report_files import MARK, check_files, dataset_folder
from tools.source_pictures import read_sources

matplotlib.use("Agg")
from matplotlib import pyplot

_COLUMNS = ["key", "label", "split", "status", "reason", "note", "duplicate_of", "shard", "offset", "species", "video"]


def find_row(folder: Path, key: str) -> dict[str, Any]:
    """The manifest's row of a kept frame.

    Raises CallError where the key is unknown or its frame is not in the shards, and says why.
    """
    for rows in read_manifest(folder, _COLUMNS):
        found = rows.filter(pc.equal(rows["key"], key)).to_pylist()
        for row in sorted(found, key=lambda row: row["status"] != "kept"):  # of one annotated twice, the kept one
            if row["status"] == "kept":
                return row
            why = (
                f"a duplicate of {row['duplicate_of']}" if row["duplicate_of"] else f"{row['status']}: {row['reason']}"
            )
            raise CallError(f"{key} is not in the shards, it is {why}")
    raise CallError(f"{folder}: no frame has the key {key}; keys are video/frame_number, see its manifest.parquet")


def choose_rows(folder: Path, split: str | None, columns: int, seed: int) -> list[list[dict[str, Any]]]:
    """For each mood up to `columns` kept frames at random, of different videos as far as there are any."""
    tables = [rows.filter(pc.equal(rows["status"], "kept")) for rows in read_manifest(folder, _COLUMNS)]
    kept = pa.concat_tables(tables)
    if split:
        kept = kept.filter(pc.equal(kept["split"], split))
    chance, grid = random.Random(seed), []
    for label in range(len(EMOTIONS)):
        places = np.flatnonzero(pc.equal(kept["label"], label).to_numpy())
        places = chance.sample(places.tolist(), min(len(places), 50 * columns))
        rows = kept.take(pa.array(places, pa.int64())).to_pylist()
        seen: dict[str, int] = {}
        for row in rows:
            row["turn"] = seen[row["video"]] = seen.get(row["video"], -1) + 1
        grid.append(sorted(rows, key=lambda row: row["turn"])[:columns])
    return grid


def read_crop(folder: Path, row: dict[str, Any]) -> np.ndarray:
    """The stored picture of a kept frame, (size, size, 3) uint8 RGB. Raises DataError where it cannot be read."""
    path = folder / row["shard"]
    try:
        with RecordReader(folder) as reader:
            image = reader.read_image(row["shard"], row["offset"])
    except (FileNotFoundError, DamagedRecord) as error:
        what = "missing" if isinstance(error, FileNotFoundError) else error
        raise DataError(f"{path}: {what}; run python -m tools.verify {folder}") from error
    return cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_COLOR_RGB)


def draw_grid(folder: Path, grid: list[list[dict[str, Any]]], path: Path) -> None:
    """A PNG with a line of crops for each list of rows, moods in Korean where a font allows."""
    font = find_hangul_font()
    columns = max(map(len, grid))
    with pyplot.rc_context({"font.family": font} if font else {}):
        figure, axes = pyplot.subplots(
            len(grid), columns, figsize=(2.2 * columns + 1.2, 2.5 * len(grid)), squeeze=False, layout="constrained"
        )
        for line, rows in zip(axes, grid, strict=True):
            for place, axis in enumerate(line):
                axis.set(xticks=[], yticks=[], frame_on=False)
                if place < len(rows):
                    axis.imshow(read_crop(folder, rows[place]))
                    axis.set_title(_shorten(rows[place]["key"]), fontsize=7)
            if rows:
                emotion = EMOTIONS[rows[0]["label"]]
                line[0].set_ylabel(f"{emotion.korean}\n{emotion.english}" if font else emotion.english, fontsize=12)
        with write_atomically(path) as file:
            figure.savefig(file, format="png", dpi=100, metadata={"Author": MARK})
        pyplot.close(figure)


def _shorten(key: str) -> str:
    return key if len(key) <= 28 else f"…{key[-27:]}"


def main(arguments: list[str]) -> int:
    parser = Parser("tools.show", __doc__)
    parser.add_argument("dataset", type=dataset_folder, metavar="DIR", help="the folder that preprocess wrote")
    parser.add_argument("--key", help="one frame, by its key in the manifest: video/frame_number")
    parser.add_argument("--split", choices=SPLITS, help="only this split in the grid")
    parser.add_argument("--columns", type=int, default=6, help="crops for each mood (default: 6)")
    parser.add_argument("--seed", type=int, default=0, help="chooses the crops (default: 0)")
    parser.add_argument("--png", type=Path, help="the picture to write (default: DIR.png, beside the dataset)")
    chosen = parser.parse_args(arguments)
    if not 1 <= chosen.columns <= 50:
        raise CallError(f"--columns {chosen.columns}: give a number from 1 to 50")
    read_dataset(chosen.dataset)
    path = chosen.png or chosen.dataset.absolute().with_name(f"{chosen.dataset.absolute().name}.png")
    check_files(chosen.dataset, {"--png": path}, read_sources(chosen.dataset))
    if chosen.key:
        grid = [[find_row(chosen.dataset, chosen.key)]]
    else:
        grid = choose_rows(chosen.dataset, chosen.split, chosen.columns, chosen.seed)
    if not any(grid):
        raise DataError(f"{chosen.dataset}: no frame is kept in {chosen.split or 'any split'}")
    draw_grid(chosen.dataset, grid, path)
    if not find_hangul_font():
        print("show: no font with Hangul found, moods are in English; install NanumGothic", file=sys.stderr)
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(run_command("show", main, sys.argv[1:]))
