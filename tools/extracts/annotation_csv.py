"""Writes the annotations of a dataset as CSVs of image_path,bbox,labels, one for each split."""

import csv
import io
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from console.output.messages import print_warning
from preprocess.sources.csv_rows import CSV_COLUMNS
from shards.emotions import KOREAN
from shards.errors import CallError
from shards.manifest import read_manifest
from shards.storage.atomic_write import write_atomically
from shards.storage.utf8_path import is_utf8

_REQUIRED = ("image_file", "box_x", "box_y", "box_width", "box_height", "label", "split")
_COLUMNS = [*_REQUIRED, "source", "status"]
_BATCH = 10_000  # rows that become Python objects at a time


def write_annotation_csvs(folder: Path, out: Path, sources: list[Path], all_rows: bool = False) -> dict[str, int]:
    """Write train.csv and val.csv into the folder `out`; returns the number of rows by file name.

    `folder` is the dataset. Its kept rows are written, with `all_rows` every row that has an image, a box, a mood and a
    split. A split without rows has no file.

    Image paths begin with the path of their source, relative to `out` where that path is not UTF-8. Without `sources`
    they are as in the manifest. Rows with a backslash in the image's path, which also stands for bytes that are not
    UTF-8, cannot be written to a CSV; how many are left out is printed on stderr.
    """
    counts: dict[str, int] = {}
    left_out = 0
    roots = [_find_root(source, out) for source in sources]
    with ExitStack() as files:
        writers: dict[str, Any] = {}
        for row in _read_rows(folder, all_rows):
            root = roots[row["source"]] if row["source"] < len(roots) else ""
            path = os.path.normpath(os.path.join(root, row["image_file"]))
            if "\\" in path:
                left_out += 1
                continue
            name = f"{row['split']}.csv"
            if name not in writers:
                writers[name] = _open_writer(files, out / name)
            bbox = ",".join(str(row[f"box_{side}"]) for side in ("y", "x", "height", "width"))
            writers[name].writerow((path, bbox, KOREAN[row["label"]]))
            counts[name] = counts.get(name, 0) + 1
    if left_out:
        print_warning(f"to_csv: {left_out:,} rows left out: a CSV cannot hold their images' names")
    return counts


def _find_root(source: Path, out: Path) -> str:
    """The folder that a source's image paths are relative to: absolute, or relative to `out` where that is not UTF-8.

    Raises CallError where neither is UTF-8.
    """
    root = str(source.absolute().parent if source.is_file() else source.absolute())
    root = root if is_utf8(root) else os.path.relpath(root, out.absolute())
    if not is_utf8(root):
        raise CallError(
            f"the source {source} has a name that is not UTF-8, which a CSV cannot hold; give an --out beside it"
        )
    return root


def _read_rows(folder: Path, all_rows: bool) -> Iterator[dict[str, Any]]:
    for rows in read_manifest(folder, _COLUMNS):
        wanted = pc.equal(rows["status"], "kept") if not all_rows else pc.is_valid(rows["status"])
        for name in _REQUIRED:
            wanted = pc.and_(wanted, pc.is_valid(rows[name]))
        for batch in rows.filter(wanted).to_batches(max_chunksize=_BATCH):
            yield from batch.to_pylist()


def _open_writer(files: ExitStack, path: Path) -> Any:
    """A writer of CSV rows, with the header written; the file appears when `files` is closed."""
    file = files.enter_context(write_atomically(path))
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    files.callback(text.detach)  # flushes the text before write_atomically renames the file
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    return writer
