"""What a dataset holds, in figures: all from its manifest and dataset.json."""

from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shards.dataset import Dataset
from shards.emotions import EMOTIONS, parse_emotion
from shards.manifest import DUPLICATIONS, REJECTIONS, SPLITS, STATUSES
from tools.overview.histogram import fold
from tools.overview.manifest_pass import Read

_FRAMES = (0, 1, 2, 4, 8, 16, 32, 64, 128, 256)  # of a video, where one bar of the histogram ends
_LISTED = 30  # actions, breeds, videos without frames: the rest is counted


def count_figures(videos: pa.Table) -> dict[str, Any]:
    """The figures that come from labels and statuses; `videos` is Read.videos. Frames are kept ones unless named."""
    kept = videos.filter(pc.equal(videos["status"], "kept"))
    statuses = _count(videos, "status")
    return {
        "rows": sum(found["rows"] for found in statuses.values()),
        "videos": len(pc.unique(videos["video"])),
        "statuses": {status: statuses.get(status, _NONE)["rows"] for status in STATUSES},
        "splits": {split: _count(kept, "split").get(split, _NONE) for split in SPLITS},
        "emptied": _find_emptied(videos, kept),
        "moods": _count_moods(videos, kept),
        "no_mood": _count_statuses(videos.filter(pc.is_null(videos["label"]))),
        "imbalance": {split: _measure_imbalance(kept, split) for split in SPLITS},
        "majority": _measure_majority(kept),
        "species": _count_species(kept),
        "actions": _rank(kept, "species", "action"),
        "breeds": _rank(kept, "species", "breed"),
        "reasons": _count_reasons(videos),
        "frames_per_video": _spread(videos, kept),
        "videos_without_frames": _find_empty(videos, kept),
        "agreement": _compare_moods(videos),
        "relabelled": _count_relabelled(kept),
    }


_NONE = {"rows": 0, "videos": 0}


def _count(rows: pa.Table, *names: str) -> dict[Any, dict[str, int]]:
    """Rows, and the videos in which they lie, by the values of one column, or of several as a tuple."""
    found = rows.group_by(list(names)).aggregate([("rows", "sum"), ("video", "count_distinct")])
    keys = zip(*(found[name].to_pylist() for name in names), strict=True)
    counts = zip(found["rows_sum"].to_pylist(), found["video_count_distinct"].to_pylist(), strict=True)
    pairs = [(key, {"rows": rows, "videos": videos}) for key, (rows, videos) in zip(keys, counts, strict=True)]
    return {key if len(names) > 1 else key[0]: count for key, count in pairs}


def _count_statuses(rows: pa.Table) -> dict[str, int]:
    found = _count(rows, "status")
    return {status: found.get(status, _NONE)["rows"] for status in STATUSES}


def _find_emptied(videos: pa.Table, kept: pa.Table) -> dict[str, dict[str, Any]]:
    """Splits that had frames and keep none: how many frames they had, and why these went, the commonest first."""
    whole, left = _count(videos, "split"), _count(kept, "split")
    lost = _count(videos, "split", "status", "reason")
    emptied = {}
    for split in SPLITS:
        if split in whole and split not in left:
            causes = {reason or status: found["rows"] for (of, status, reason), found in lost.items() if of == split}
            causes = dict(sorted(causes.items(), key=lambda cause: (-cause[1], cause[0])))
            emptied[split] = {"rows": whole[split]["rows"], "causes": causes}
    return emptied


def _count_moods(videos: pa.Table, kept: pa.Table) -> list[dict[str, Any]]:
    found, whole, statuses = _count(kept, "split", "label"), _count(kept, "label"), _count(videos, "label", "status")
    return [
        {
            "label": label,
            **emotion._asdict(),
            **{split: found.get((split, label), _NONE) for split in SPLITS},
            "all": whole.get(label, _NONE),
            "statuses": {status: statuses.get((label, status), _NONE)["rows"] for status in STATUSES},
        }
        for label, emotion in enumerate(EMOTIONS)
    ]


def _count_species(kept: pa.Table) -> list[dict[str, Any]]:
    found, whole = _count(kept, "split", "species"), _count(kept, "species")
    ranked = sorted(whole, key=lambda species: (-whole[species]["videos"], str(species)))
    return [
        {"species": name, **{split: found.get((split, name), _NONE) for split in SPLITS}, "all": whole[name]}
        for name in ranked
    ]


def _measure_imbalance(kept: pa.Table, split: str) -> dict[str, Any]:
    """For frames and for videos the commonest and the rarest mood that there is, and how many times as many it has."""
    moods = _count(kept.filter(pc.equal(kept["split"], split)), "label")
    measured: dict[str, Any] = {"absent": [label for label in range(len(EMOTIONS)) if label not in moods]}
    for name, key in (("frames", "rows"), ("videos", "videos")):
        ranked = sorted((count[key], -label) for label, count in moods.items())
        if ranked:
            (least, rare), (most, common) = ranked[0], ranked[-1]
            measured[name] = {"most": -common, "least": -rare, "ratio": most / least}
        else:
            measured[name] = None
    return measured


def _measure_majority(kept: pa.Table) -> dict[str, Any] | None:
    """What always answering the commonest mood of the training videos scores on each split, frames and videos."""
    train = _count(kept.filter(pc.equal(kept["split"], "train")), "label")
    if not train:
        return None
    answer = max(train, key=lambda label: (train[label]["videos"], train[label]["rows"], -label))
    return {"answer": answer} | {split: _score_constant(kept, split, answer) for split in SPLITS}


def _score_constant(kept: pa.Table, split: str, answer: int) -> dict[str, Any] | None:
    """Accuracy, macro-F1 and balanced accuracy over the moods that the split has; None where it has no frame."""
    moods = _count(kept.filter(pc.equal(kept["split"], split)), "label")
    if not moods:
        return None
    scores = {}
    for name, key in (("frames", "rows"), ("videos", "videos")):
        accuracy = moods.get(answer, _NONE)[key] / sum(count[key] for count in moods.values())
        scores[name] = {
            "accuracy": accuracy,
            "macro_f1": 2 * accuracy / (1 + accuracy) / len(moods),
            "balanced_accuracy": (answer in moods) / len(moods),
        }
    return scores


def _rank(kept: pa.Table, *names: str) -> dict[str, Any]:
    """The commonest pairs of two columns' values by videos, with what the rest comes to."""
    found = [dict(zip(names, values, strict=True)) | count for values, count in _count(kept, *names).items()]
    found.sort(key=lambda line: (-line["videos"], -line["rows"], [str(line[name]) for name in names]))
    rest = found[_LISTED:]
    return {"first": found[:_LISTED], "rest": {"values": len(rest), "rows": sum(line["rows"] for line in rest)}}


def _count_reasons(videos: pa.Table) -> list[dict[str, Any]]:
    found = _count(videos.filter(pc.is_valid(videos["reason"])), "status", "reason")
    known = [*REJECTIONS, *DUPLICATIONS]
    lines = [{"status": status, "reason": reason, **count} for (status, reason), count in found.items()]
    return sorted(lines, key=lambda line: known.index(line["reason"]) if line["reason"] in known else len(known))


def _spread(videos: pa.Table, kept: pa.Table) -> list[dict[str, Any]]:
    """How many videos have how many annotated frames, and how many kept ones."""
    bars = []
    annotated, left = (_sum_by_video(rows) for rows in (videos, kept))
    missing = len(annotated) - len(left)
    for rows, extra in ((annotated, 0), (left, missing)):
        counts = np.bincount(np.append(rows, np.zeros(extra, np.int64)), minlength=_FRAMES[-1] + 2)
        bars.append(fold(counts, _FRAMES))
    return [
        {"from": a["from"], "to": a["to"], "annotated": a["frames"], "kept": k["frames"]}
        for a, k in zip(*bars, strict=True)
    ]


def _sum_by_video(rows: pa.Table) -> np.ndarray:
    return rows.group_by("video").aggregate([("rows", "sum")])["rows_sum"].to_numpy()


def _find_empty(videos: pa.Table, kept: pa.Table) -> dict[str, Any]:
    """Videos of which no frame is kept: how many, by what happened to most of their frames, and the first of them."""
    lost = videos.filter(pc.invert(pc.is_in(videos["video"], pc.unique(kept["video"]))))
    causes = lost.group_by(["video", "status", "reason"]).aggregate([("rows", "sum")])
    main: dict[str, tuple[int, str]] = {}
    for video, status, reason, rows in zip(*(column.to_pylist() for column in causes.columns), strict=True):
        main[video] = max(main.get(video, (0, "")), (rows, reason or status))
    counts = Counter(cause for _, cause in main.values())
    first = [{"video": video, "cause": main[video][1]} for video in sorted(main)[:_LISTED]]
    return {"count": len(main), "causes": dict(counts.most_common()), "first": first}


def _compare_moods(videos: pa.Table) -> dict[str, Any]:
    """Videos by what their inspector (row) and their owner (column) saw; the last column is any other word or none."""
    matrix = np.zeros((len(EMOTIONS), len(EMOTIONS) + 1), np.int64)
    for (inspector, owner), count in _count(videos, "emotion_inspect", "emotion_owner").items():
        row, column = (parse_emotion(text) if text else None for text in (inspector, owner))
        if row is not None:
            matrix[row, len(EMOTIONS) if column is None else column] += count["videos"]
    both = int(matrix[:, :-1].sum())
    return {
        "videos": both,
        "same": int(np.trace(matrix)),
        "unknown": int(matrix[:, -1].sum()),
        "matrix": matrix.tolist(),
    }


def _count_relabelled(kept: pa.Table) -> int:
    """Kept frames whose label is not the inspector's: those of a group in which another mood has the majority."""
    found = _count(kept, "label", "emotion_inspect")
    return sum(count["rows"] for (label, text), count in found.items() if parse_emotion(text or "") != label)


def make_dataset_totals(read: Read, dataset: Dataset, is_dry_run: bool) -> dict[str, Any]:
    """All figures of a dataset as JSON can hold them."""
    return {
        "dry_run": is_dry_run,
        "settings": dataset.settings,
        "image_size": dataset.image_size,
        "bytes": {split: sum(shard.bytes for shard in shards) for split, shards in dataset.shards.items()},
        **count_figures(read.videos),
        "boxes": read.boxes.figures(),
    }
