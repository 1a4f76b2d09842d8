"""What differs between two datasets: rows that came, went or changed, the shares of moods, and the settings.

Rows of both are the same where they have the same key. Of several rows with one key, which only rejected ones can have,
the one that is not rejected counts, else the first.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shards.dataset import Dataset
from shards.emotions import EMOTIONS
from shards.manifest import SPLITS, STATUSES, explain_manifest_errors, read_manifest
from tools.comparison.setting_differences import list_differences
from tools.reporting.opened_dataset import OpenedDataset

_COMPARED = ("status", "reason", "split", "label")
MOST_LISTED = 1000  # keys of each kind of change, in the JSON


def compare_datasets(a: OpenedDataset, b: OpenedDataset) -> dict[str, Any]:
    """All differences from `a` to `b`, of types that JSON has. Raises DataError where a manifest is damaged."""
    rows = _join_rows(_read_rows(a), _read_rows(b))
    came, went = pc.is_null(rows["status_a"]), pc.is_null(rows["status_b"])
    both = rows.filter(pc.invert(pc.or_(came, went)))
    status, split, label = (_find_changed(both, name) for name in ("status", "split", "label"))
    return {
        "kind": "datasets",
        "rows": [a.dataset.counts["rows"], b.dataset.counts["rows"]],
        "statuses": {name: [each.dataset.counts[name] for each in (a, b)] for name in STATUSES},
        "kept": {
            "both": len(both.filter(_are_kept(both))),
            "only_a": _count_kept(rows["status_a"]) - len(both.filter(_are_kept(both))),
            "only_b": _count_kept(rows["status_b"]) - len(both.filter(_are_kept(both))),
        },
        "came": _describe_rows(rows.filter(came), ("status_b", "reason_b")),
        "went": _describe_rows(rows.filter(went), ("status_a", "reason_a")),
        "status": _describe_rows(both.filter(status), ("status_a", "reason_a", "status_b", "reason_b")),
        "split": _describe_rows(both.filter(split), ("split_a", "split_b")),
        "mood": _describe_rows(both.filter(label), ("label_a", "label_b")),
        "moods": _compare_moods(a.dataset, b.dataset),
        "settings": list_differences(a.dataset.settings, b.dataset.settings),
    }


def _read_rows(opened: OpenedDataset) -> pa.Table:
    """One row for each key, with the columns _COMPARED, sorted by key."""
    with explain_manifest_errors(opened.folder):
        rows = pa.concat_tables(read_manifest(opened.folder, ["key", *_COMPARED]))
    if not len(rows):
        return rows
    rank = pc.cast(pc.equal(rows["status"], "rejected"), pa.int8())
    rows = rows.append_column("rank", rank).append_column("place", pa.array(np.arange(len(rows))))
    rows = rows.sort_by([("key", "ascending"), ("rank", "ascending"), ("place", "ascending")]).drop_columns(
        ["rank", "place"]
    )
    keys = rows["key"].combine_chunks()
    is_first = pc.not_equal(keys.slice(1), keys.slice(0, len(keys) - 1)).to_numpy(zero_copy_only=False)
    return rows.filter(pa.array(np.concatenate(([True], is_first))))


def _join_rows(a: pa.Table, b: pa.Table) -> pa.Table:
    joined = a.join(b, "key", join_type="full outer", left_suffix="_a", right_suffix="_b", coalesce_keys=True)
    return joined.sort_by("key")


def _find_changed(rows: pa.Table, name: str) -> pa.ChunkedArray:
    """Whether the values of both datasets differ; a null is a value of its own."""
    first, second = rows[f"{name}_a"], rows[f"{name}_b"]
    differ = pc.fill_null(pc.not_equal(first, second), False)
    return pc.or_(differ, pc.xor(pc.is_null(first), pc.is_null(second)))


def _are_kept(rows: pa.Table) -> pa.ChunkedArray:
    return pc.and_(pc.equal(rows["status_a"], "kept"), pc.equal(rows["status_b"], "kept"))


def _count_kept(statuses: pa.ChunkedArray) -> int:
    return pc.sum(pc.fill_null(pc.equal(statuses, "kept"), False)).as_py() or 0


def _describe_rows(rows: pa.Table, names: Iterable[str]) -> dict[str, Any]:
    """How many rows there are, by the values of some columns, the commonest first; and the first keys."""
    names = list(names)
    groups = rows.group_by(names).aggregate([([], "count_all")]).to_pylist()
    groups.sort(key=lambda group: (-group["count_all"], [str(group[name]) for name in names]))
    return {
        "rows": len(rows),
        "groups": [{name: group[name] for name in names} | {"rows": group["count_all"]} for group in groups],
        "first_keys": rows["key"].slice(0, MOST_LISTED).to_pylist(),
    }


def _compare_moods(a: Dataset, b: Dataset) -> list[dict[str, Any]]:
    """Of each split and mood: kept frames and videos of both, and their shares of the split's frames."""
    lines = []
    for split in SPLITS:
        for label, emotion in enumerate(EMOTIONS):
            line: dict[str, Any] = {"split": split, "label": label, **emotion._asdict()}
            for name in ("frames", "videos"):
                line[name] = [each.counts["splits"][split]["emotions"][emotion.korean][name] for each in (a, b)]
            totals = [each.counts["splits"][split]["frames"] for each in (a, b)]
            line["shares"] = [n / total if total else None for n, total in zip(line["frames"], totals, strict=True)]
            lines.append(line)
    return lines
