"""Writes the annotations of a dataset as CSVs of image_path,bbox,labels, one for each split."""

import csv
import io
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from console.output.messages import print_warning
from preprocess.sources.csv_rows import CSV_COLUMNS
from shards.emotions import KOREAN
from shards.manifest import read_manifest
from shards.storage.atomic_write import write_atomically
from shards.storage.stores.remote_path import AnyPlace
from tools.extracts.image_paths import ImagePaths

_REQUIRED = ("image_file", "box_x", "box_y", "box_width", "box_height", "label", "split")
_COLUMNS = [*_REQUIRED, "source", "status"]
_BATCH = 10_000  # rows that become Python objects at a time


def write_annotation_csvs(
    folder: AnyPlace, out: Path, sources: list[AnyPlace], all_rows: bool = False, bom: bool = False
) -> dict[str, int]:
    """Write train.csv and val.csv into the folder `out`; returns the number of rows by file name.

    `folder` is the dataset. Its kept rows are written, with `all_rows` every row that has an image, a box, a mood and a
    split. A split without rows has no file. With `bom`, files begin with a byte order mark, by which Excel knows UTF-8.

    Image paths are those of ImagePaths. Rows without one cannot be written to a CSV; how many are left out is printed
    on stderr.
    """
    counts: dict[str, int] = {}
    left_out = 0
    paths = ImagePaths(sources, out)
    with ExitStack() as files:
        writers: dict[str, Any] = {}
        for row in _read_rows(folder, all_rows):
            path = paths.name(row)
            if path is None:
                left_out += 1
                continue
            name = f"{row['split']}.csv"
            if name not in writers:
                writers[name] = _open_writer(files, out / name, "utf-8-sig" if bom else "utf-8")
            bbox = ",".join(str(row[f"box_{side}"]) for side in ("y", "x", "height", "width"))
            writers[name].writerow((path, bbox, KOREAN[row["label"]]))
            counts[name] = counts.get(name, 0) + 1
    if left_out:
        print_warning(f"to_csv: {left_out:,} rows left out: a CSV cannot hold their images' names")
    return counts


def _read_rows(folder: AnyPlace, all_rows: bool) -> Iterator[dict[str, Any]]:
    for rows in read_manifest(folder, _COLUMNS):
        wanted = pc.equal(rows["status"], "kept") if not all_rows else pc.is_valid(rows["status"])
        for name in _REQUIRED:
            wanted = pc.and_(wanted, pc.is_valid(rows[name]))
        for batch in rows.filter(wanted).to_batches(max_chunksize=_BATCH):
            yield from batch.to_pylist()


def _open_writer(files: ExitStack, path: Path, encoding: str) -> Any:
    """A writer of CSV rows, with the header written; the file appears when `files` is closed."""
    file = files.enter_context(write_atomically(path))
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    files.callback(text.detach)  # flushes the text before write_atomically renames the file
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    return writer
