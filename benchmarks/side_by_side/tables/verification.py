"""Verification of a dataset beside the checksums of the same bytes alone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from benchmarks.side_by_side.job import Table, Way
from benchmarks.side_by_side.material import Material
from shards.dataset import MANIFEST_FILE, Dataset, ShardFile, describe_file, read_dataset, shard_name, write_dataset
from shards.manifest import SCHEMA, read_manifest, write_manifest
from shards.record import decode_record, encode_record
from shards.record_fields import WHOLE_FRAMES
from shards.tfrecord import iterate_records, pack_record

_SHARD_BYTES = 128_000_000
_BYTES, _QUICK_BYTES = 400_000_000, 120_000_000  # of the dataset at least
_WAYS = "benchmarks.ways.verifying"


def make_verification_tables(material: Material) -> Iterator[Table]:
    """One table: every byte of a dataset in the page cache."""
    folder, size = material.folder / "repeated", _QUICK_BYTES if material.quick else _BYTES
    if not folder.exists():
        repeat_dataset(material.dataset, folder, size)
    dataset = read_dataset(folder)
    records = sum(shard.records for shard in dataset.all_shards)
    yield Table(
        title="Every byte of a dataset",
        unit="MB",
        ways=[
            Way(
                "checksums alone",
                f"{_WAYS}:open_checksums",
                misses="SHA-256 of each file, and CRC32C of each record, of each byte once, in as many threads as ours",
            ),
            Way("pet mood", f"{_WAYS}:open_verification"),
        ],
        ours="pet mood",
        limit="checksums alone",
        settings={"dataset": str(folder)},
        conditions=f"{records:,} crops of {material.describe_frames(material.main)}, many times under other names, in "
        f"{len(dataset.all_shards)} shards. Ours compares each record with the manifest's row too.",
        check=find_unverified,
    )


def repeat_dataset(source: Path, out: Path, size: int) -> None:
    """Write the crops of a dataset again and again, each time as other videos, until they have `size` bytes."""
    out.mkdir()
    rows = pa.concat_tables(read_manifest(source))
    rows = rows.filter(pa.compute.equal(rows["status"], "kept")).to_pylist()
    records = _read_records(source, read_dataset(source))
    once = sum(len(records[row["key"]]["image"]) for row in rows)
    made: dict[str, list[dict[str, Any]]] = {"train": [], "val": []}
    for copy in range(-(-size // once)):
        for row in rows:
            video = f"{copy:05}/{row['video']}"
            changed = {"key": f"{video}/{row['frame_number']}", "video": video, "first": row["key"]}
            made[row["split"]].append(row | changed | dict.fromkeys(WHOLE_FRAMES.place))
    shards = {split: _write_shards(out, split, split_rows, records) for split, split_rows in made.items()}
    _write_index(out, read_dataset(source), shards, [row for split_rows in made.values() for row in split_rows])


def _read_records(folder: Path, dataset: Dataset) -> dict[str, dict[str, Any]]:
    found = {}
    for shard in (shard for files in dataset.shards.values() for shard in files):
        with open(folder / shard.file, "rb") as file:
            for frame in iterate_records(file):
                record = decode_record(frame.record)
                found[record["key"]] = record
    return found


def _write_shards(
    out: Path, split: str, rows: list[dict[str, Any]], records: dict[str, dict[str, Any]]
) -> list[ShardFile]:
    """Write the records of a split, and into each row where its record is."""
    if not rows:
        return []
    a_shard = -(-len(rows) // max(1, round(sum(len(records[row["first"]]["image"]) for row in rows) / _SHARD_BYTES)))
    parts = [rows[start : start + a_shard] for start in range(0, len(rows), a_shard)]
    files = []
    for number, part in enumerate(parts):
        name, offset = shard_name(split, number, len(parts)), 0
        with open(out / name, "wb") as file:
            for place, row in enumerate(part):
                record = records[row["first"]] | {"key": row["key"], "video": row["video"]}
                packed = pack_record(encode_record(record))
                file.write(packed)
                row |= {"shard": name, "index": place, "offset": offset, "length": len(packed)}
                offset += len(packed)
        described = describe_file(out / name)
        files.append(ShardFile(name, len(part), described.bytes, described.sha256))
    return files


def _write_index(out: Path, first: Dataset, shards: dict[str, list[ShardFile]], rows: list[dict[str, Any]]) -> None:
    for row in rows:
        del row["first"]
    with open(out / MANIFEST_FILE, "wb") as file:
        counts = write_manifest(file, [pa.Table.from_pylist(rows, SCHEMA)])
    first.shards, first.frames, first.counts = shards, {}, counts
    first.files = {MANIFEST_FILE: describe_file(out / MANIFEST_FILE)}
    write_dataset(out, first)


def find_unverified(turns: dict[str, dict[str, Any]]) -> dict[str, str]:
    """No fault may be found in what is whole, and all have to read the same bytes."""
    sizes = {name: turn["count"] for name, turn in turns.items()}
    faults = {name: f"finds {turn['faults']} faults" for name, turn in turns.items() if turn["faults"]}
    return faults | {name: "reads other bytes" for name in sizes if sizes[name] != min(sizes.values())}
