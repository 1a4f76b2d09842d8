"""Near-copies among millions of codes: ours, the comparisons that none can do without, and other libraries."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.join import make_random_walks
from benchmarks.side_by_side.job import Table, Way
from benchmarks.side_by_side.material import Material

DISTANCE = 7  # bits
COUNTS, QUICK_COUNTS = (20_000, 200_000, 2_000_000), (20_000, 200_000)
_MOST_OF_IMAGEDEDUP = 20_000  # codes: with 200,000 a query takes half a second, and the tree is minutes in the making
_WAYS = "benchmarks.ways.near_copies"
_LISTS = "lists neighbours, chooses no representatives"


def make_near_copy_tables(material: Material) -> Iterator[Table]:
    """A table for each number of codes, all cores."""
    for count in QUICK_COUNTS if material.quick else COUNTS:
        yield Table(
            title=f"{count:,} codes of 64 bits, within {DISTANCE} bits",
            unit="codes",
            ways=_list_ways(count, material.quick),
            ours="pet mood",
            limit="comparing alone",
            settings={
                "codes": str(_write_codes(material.folder, count)),
                "distance": DISTANCE,
                "seconds": 0.5 if material.quick else 1.5,
            },
            conditions=_describe(count),
            check=find_wrong_neighbours,
        )


def _list_ways(count: int, quick: bool) -> list[Way]:
    part = 3 if quick else 1
    flat, hashed, slow = max(20, 10**9 // count // part), 4000 // part, 200 // part
    ways = [
        Way(
            "comparing alone",
            f"{_WAYS}.our_join:open_comparing",
            misses="each pair of codes that shares a bucket of our bands once, in a bare loop in the first-level "
            "cache; a search that has found a copy may compare fewer",
        ),
        Way("pet mood", f"{_WAYS}.our_join:open_cluster"),
        Way(
            "every pair in a bare loop",
            f"{_WAYS}.our_join:open_comparing_all",
            misses="the same loop for each code with each other; nothing is noted",
        ),
        Way(
            "faiss MultiHash",
            f"{_WAYS}.faiss_indices:open_multi_hash",
            {"queries": hashed},
            peers=True,
            misses=f"{_LISTS}; from {min(hashed, count):,} queries, making the index counted",
        ),
        Way(
            "faiss Flat",
            f"{_WAYS}.faiss_indices:open_flat",
            {"queries": flat},
            peers=True,
            misses=f"{_LISTS}; from {min(flat, count):,} queries",
        ),
    ]
    if count <= _MOST_OF_IMAGEDEDUP:
        for name, opener in (("imagededup", "open_brute_force"), ("BK-tree of imagededup", "open_bk_tree")):
            ways.append(
                Way(
                    name,
                    f"{_WAYS}.imagededup_searches:{opener}",
                    {"queries": slow},
                    peers=True,
                    misses=f"{_LISTS}; from {slow:,} queries of one process, as if processes on all cores shared them",
                )
            )
    return ways


def _describe(count: int) -> str:
    told = (
        "Random walks of 100 codes, each up to 8 bits from the one before, as videos make them; in memory, all cores."
    )
    if count <= _MOST_OF_IMAGEDEDUP:
        return told
    return f"{told} imagededup is left out: its queries take longer in proportion to the codes, and its tree minutes."


def _write_codes(folder: Path, count: int) -> Path:
    path = folder / f"codes-{count}.npy"
    if not path.exists():
        np.save(path, make_random_walks(count, np.random.default_rng(0)))
    return path


def find_wrong_neighbours(turns: dict[str, dict[str, Any]]) -> dict[str, str]:
    """All find the same nearest neighbours of some codes, and our groups are what they state to be."""
    faults, ours = {}, turns.get("pet mood", {})
    if ours.get("wrong"):
        faults["pet mood"] = f"{ours['wrong']} codes are not within the distance of their representative"
    for name, turn in turns.items():
        if "least" in turn and ours and turn["least"] != ours["least"]:
            differ = sum(one != other for one, other in zip(turn["least"], ours["least"], strict=True))
            faults[name] = f"{differ} of {len(turn['least'])} checked codes have another nearest neighbour"
    return faults
