"""Frames of 1080p to crops of 256 px in shards: a whole run on all cores, and its video tasks on one."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.side_by_side.job import Table, Way
from benchmarks.side_by_side.linked_tree import link_copies
from benchmarks.side_by_side.material import Material
from benchmarks.ways.crops.listed_frames import SHOWN_CROPS, SIDE
from preprocess.core_count import count_cores

LEAST_PSNR = 30  # dB to ours; the same square by OpenCV has 35 and more, one of a box 1% beside it at most 29.5
_COPIES, _QUICK_COPIES = 4, 2  # of each video, for the ways that would be through with one in less than a second
_TASK_COPIES = 2  # for a video task, whose end weighs the less the longer it is; in large sources it has 2,000 frames
_WAYS = "benchmarks.ways.crops"
_OURS = "pet mood"
_LIMIT = "libjpeg-turbo alone, region and scale"
_SAME_CROPS = "no checks of labels and boxes, no reasons for what is left out, no hashes, no resume"


def make_crop_tables(material: Material) -> Iterator[Table]:
    """Two tables for each kind of frames; quick ones for the main kind alone."""
    for name in [material.main] if material.quick else material.trees:
        settings = _describe_work(material, name)
        linked = link_copies(material.trees[name], material.folder / f"{name}_copies", settings["copies"])
        yield _make_shards_table(material, name, settings | {"linked": str(linked)})
        linked = link_copies(material.trees[name], material.folder / f"{name}_task", _TASK_COPIES)
        yield _make_core_table(material, name, settings | {"processes": 1, "copies": 1, "linked": str(linked)})


def _describe_work(material: Material, name: str) -> dict[str, Any]:
    frames = material.write_frame_list(name)
    count = len(json.loads(frames.read_text(encoding="utf-8")))
    return {
        "frames": str(frames),
        "processes": count_cores(),
        "copies": _QUICK_COPIES if material.quick else _COPIES,
        "shown": sorted({place * count // SHOWN_CROPS for place in range(SHOWN_CROPS)}),
    }


def _list_limits() -> list[Way]:
    return [
        Way(_LIMIT, f"{_WAYS}.decoding:open_libjpeg_turbo", misses="pixels of each crop's region, no crops"),
        Way("our region decode alone", f"{_WAYS}.decoding:open_region", misses="the same pixels"),
        Way("our decode and resize alone", f"{_WAYS}.decoding:open_resize", misses="pixels, nothing is written"),
    ]


def _make_shards_table(material: Material, name: str, settings: dict[str, Any]) -> Table:
    return Table(
        title=f"{name}: 1080p frames to crops of 256 px in shards, all cores",
        unit="frames",
        ways=[
            *_list_limits(),
            Way(_OURS, f"{_WAYS}.ours:open_run", pauses=False),
            Way(
                "img2dataset",
                f"{_WAYS}.img2dataset_resize:open_img2dataset",
                peers=True,
                misses=(
                    "no boxes: whole frames scaled down; failed frames are not tried on resume; its workers are forked "
                    "and its logger is left out, for each would import for seconds in every turn"
                ),
            ),
            Way("Ray Data", f"{_WAYS}.ray_data:open_ray_data", pauses=False, misses=_SAME_CROPS),
            Way(
                "webdataset, OpenCV in processes",
                f"{_WAYS}.webdataset_pool:open_webdataset_writer",
                peers=True,
                misses=_SAME_CROPS,
            ),
            Way(
                "the same, and malloc keeps what is freed",
                f"{_WAYS}.webdataset_pool:open_webdataset_writer",
                {"keeps_memory": True},
                peers=True,
                misses=_SAME_CROPS,
            ),
            Way(
                "litdata optimize",
                f"{_WAYS}.litdata_optimize:open_litdata_writer",
                peers=True,
                misses=_SAME_CROPS.replace("no resume", "resume where a checkpoint is asked for"),
            ),
            Way(
                "tf.data",
                f"{_WAYS}.tf_data:open_tf_data_writer",
                misses=f"{_SAME_CROPS}; no scale that depends on the box",
            ),
            Way(
                "a notebook's loop",
                f"{_WAYS}.notebook:open_notebook",
                misses=f"{_SAME_CROPS}; files, no shards; one process",
            ),
        ],
        ours=_OURS,
        limit=_LIMIT,
        settings=settings,
        conditions=(
            f"{material.describe_frames(name)}; the limits and ours, which are faster, have each video "
            f"{settings['copies']} times in a turn. Pools, Ray and imports start outside the turns; litdata and "
            "img2dataset fork anew in each. Ours is the whole run: labels, listing, checks, hashes, crops, spill, "
            f"shards, manifest, fsync. Crops are like ours by {LEAST_PSNR} dB or more, not so one 1% beside them. "
            "Only ours syncs what it writes."
        ),
        check=find_wrong_crops,
    )


def _make_core_table(material: Material, name: str, settings: dict[str, Any]) -> Table:
    ways = [
        *_list_limits(),
        Way(
            _OURS,
            f"{_WAYS}.ours:open_task",
            {"copies": _TASK_COPIES},
            misses="labels, listing, checks, crop, hash, encoding, spill, fsync",
        ),
    ]
    more = [
        Way(
            "pet mood, with whole frames",
            f"{_WAYS}.ours:open_task_with_frames",
            {"copies": _TASK_COPIES},
            misses="and four whole frames of each video, of about 40; AI Hub's videos have about 99",
        ),
        Way(
            "a plain loop", f"{_WAYS}.notebook:open_plain_loop", misses="cv2.imread, slice, resize, DCT hash, encoding"
        ),
    ]
    return Table(
        title=f"{name}: a video task on one core",
        unit="frames",
        ways=ways if material.quick else ways + more,
        ours=_OURS,
        limit=_LIMIT,
        settings=settings,
        conditions=f"{material.describe_frames(name)}; a video task has each video {_TASK_COPIES} times.",
    )


def find_wrong_crops(turns: dict[str, dict[str, Any]]) -> dict[str, str]:
    """Every frame has one crop of the right size, and those that can be compared show what ours show."""
    ours = turns[_OURS]["shown"] if "shown" in turns.get(_OURS, {}) else None
    faults = {}
    for name, turn in turns.items():
        if "crops" not in turn:
            continue
        if turn["crops"] != turn["count"]:
            faults[name] = f"{turn['crops']} crops of {turn['count']} frames"
        elif turn["shapes"] != [[SIDE, SIDE, 3]]:
            faults[name] = f"crops of {turn['shapes']}"
        elif ours and "shown" in turn and (lowest := _find_lowest_psnr(ours, turn["shown"])) < LEAST_PSNR:
            faults[name] = f"a crop differs from ours: {lowest:.0f} dB"
    return faults


def _find_lowest_psnr(one: str, other: str) -> float:
    with np.load(one) as first, np.load(other) as second:
        if set(first) != set(second):
            return 0.0
        errors = [np.mean((first[key].astype(float) - second[key]) ** 2) for key in first]
    return float(10 * np.log10(255**2 / max(*errors, 1e-9)))
