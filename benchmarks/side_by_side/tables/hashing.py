"""Perceptual hashes of crops in memory: ours, the shrinking that none can do without, and other libraries."""

from collections.abc import Iterator
from typing import Any

from benchmarks.side_by_side.job import Table, Way
from benchmarks.side_by_side.material import Material

_WAYS = "benchmarks.ways"


def make_hashing_tables(material: Material) -> Iterator[Table]:
    """One table: 64-bit DCT hashes, one core."""
    yield Table(
        title="64-bit DCT hash of a crop of 256 px, one core",
        unit="crops",
        ways=[
            Way(
                "shrinking alone", f"{_WAYS}.hashing_ours:open_shrinking", misses="grey and 32 x 32 by OpenCV, no hash"
            ),
            Way("pet mood", f"{_WAYS}.hashing_ours:open_hashing"),
            Way("imagehash", f"{_WAYS}.hashing_peers:open_imagehash", peers=True),
            Way("imagededup", f"{_WAYS}.hashing_peers:open_imagededup", peers=True),
            Way(
                "OpenCV img_hash",
                f"{_WAYS}.hashing_peers:open_img_hash",
                peers=True,
                misses="its package is OpenCV with its extra modules",
            ),
        ],
        ours="pet mood",
        limit="shrinking alone",
        settings={"crops": str(material.crops), "seconds": 0.5 if material.quick else 2},
        conditions=f"Crops of {material.describe_frames(material.main)}, in memory. Ours scores their detail too.",
        check=_find_wrong_hashes,
    )


def _find_wrong_hashes(turns: dict[str, dict[str, Any]]) -> dict[str, str]:
    """Libraries differ in some bits of a hash; none may give the same one to different pictures."""
    faults = {}
    for name, turn in turns.items():
        if name != "shrinking alone" and len(set(turn["hashes"])) < 2:
            faults[name] = "the same hash for different pictures"
    return faults
