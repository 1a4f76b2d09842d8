"""Datasets with rows of a test's choice: a real manifest.parquet and dataset.json, and shards where they are copied."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from shards.dataset import Dataset, describe_file, read_dataset, write_dataset
from shards.emotions import KOREAN
from shards.manifest import MANIFEST_FILE, SCHEMA, make_schema, write_manifest

DEDUPE = {"enabled": True, "scope": "all", "distance": 3, "cross_distance": 2, "min_detail": 10, "conflicts": "keep"}


def make_row(video: str, number: int, code: int | None, bits: int = 64, **changes: Any) -> dict[str, Any]:
    """The row of a kept training frame with a hash; `changes` replace columns."""
    row: dict[str, Any] = dict.fromkeys(SCHEMA.names)
    row |= {"key": f"{video}/{number}", "source": 0, "label_file": f"{video}.json", "video": video}
    row |= {"frame_number": number, "timestamp": 40 * number, "species": "DOG", "status": "kept", "split": "train"}
    row |= {"emotion_inspect": KOREAN[3], "label": 3, "detail": 100, "crop_x": 0, "crop_y": 0, "crop_size": 50}
    return row | {"hash": None if code is None else code.to_bytes(bits // 8)} | changes


def write_rows(folder: Path, rows: list[dict[str, Any]], bits: int = 64, **dedupe: Any) -> Path:
    """Write a dataset without shards that has these rows, given in the manifest's order."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = {
        "dedupe": DEDUPE | dedupe,
        "hash": {"bits": bits},
        "select": {"per_video": None},
        "crop": {"size": 256, "grow": 1.1},
    }
    counts = _write_manifest(folder, rows, bits)
    write_dataset(
        folder,
        Dataset(settings, counts, {"train": [], "val": []}, {MANIFEST_FILE: describe_file(folder / MANIFEST_FILE)}),
    )
    return folder


def change_rows(dataset: Path, folder: Path, change: Callable[[dict[str, Any]], Any], **dedupe: Any) -> Path:
    """Copy a dataset and apply `change` to every row."""
    shutil.copytree(dataset, folder)
    table = pq.read_table(folder / MANIFEST_FILE)
    rows = table.to_pylist()
    for row in rows:
        change(row)
    made = read_dataset(folder)
    settings = made.settings | {"dedupe": made.settings["dedupe"] | dedupe}
    counts = _write_manifest(folder, rows, 8 * table.schema.field("hash").type.byte_width)
    files = made.files | {MANIFEST_FILE: describe_file(folder / MANIFEST_FILE)}
    write_dataset(folder, msgspec.structs.replace(made, settings=settings, counts=counts, files=files))
    return folder


def _write_manifest(folder: Path, rows: list[dict[str, Any]], bits: int) -> dict[str, Any]:
    with open(folder / MANIFEST_FILE, "wb") as file:
        return write_manifest(file, [pa.Table.from_pylist(rows, make_schema(bits))], bits)
