"""The statistics of tools.dataset_report, as its JSON holds them, from the manifest and dataset.json."""

from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shards.dataset import Dataset
from shards.emotions import EMOTIONS, parse_emotion
from shards.manifest import DUPLICATIONS, REJECTIONS, SPLITS, STATUSES
from tools.overview.binning import bin_counts
from tools.overview.manifest_pass import ManifestSummary

_FRAME_BINS = (0, 1, 2, 4, 8, 16, 32, 64, 128, 256)  # frames of a video, the last value of each bin
_MOST_LISTED = 30  # actions, breeds, videos without frames; of the others only the number is given
_MOST_WORDS = 5  # that are no mood
_NONE = {"rows": 0, "videos": 0}


def compute_dataset_statistics(summary: ManifestSummary, dataset: Dataset, is_dry_run: bool) -> dict[str, Any]:
    """All statistics of a dataset, of types that JSON has."""
    return {
        "dry_run": is_dry_run,
        "settings": dataset.settings,
        "image_size": dataset.image_size,
        "bytes": {split: sum(shard.bytes for shard in shards) for split, shards in dataset.shards.items()},
        "whole_frames": {
            split: {"records": sum(shard.records for shard in shards), "bytes": sum(shard.bytes for shard in shards)}
            for split, shards in dataset.frames.items()
        },
        **compute_row_statistics(summary.row_counts),
        "boxes": summary.boxes.summarize(),
    }


def compute_row_statistics(row_counts: pa.Table) -> dict[str, Any]:
    """The statistics of labels and statuses from ManifestSummary.row_counts.

    "rows" are rows of the manifest, which are annotated frames, and "videos" the videos that they belong to.
    """
    kept = row_counts.filter(pc.equal(row_counts["status"], "kept"))
    statuses = _count(row_counts, "status")
    return {
        "rows": sum(found["rows"] for found in statuses.values()),
        "videos": len(pc.unique(row_counts["video"])),
        "statuses": {status: statuses.get(status, _NONE)["rows"] for status in STATUSES},
        "splits": {split: _count(kept, "split").get(split, _NONE) for split in SPLITS},
        "emptied": _find_emptied_splits(row_counts, kept),
        "moods": _count_moods(row_counts, kept),
        "no_mood": _count_statuses(row_counts.filter(pc.is_null(row_counts["label"]))),
        "imbalance": {split: _measure_imbalance(kept, split) for split in SPLITS},
        "majority": _score_majority_mood(kept),
        "species": _count_species(kept),
        "actions": _rank_by_videos(kept, "species", "action"),
        "breeds": _rank_by_videos(kept, "species", "breed"),
        "reasons": _count_reasons(row_counts),
        "unknown_moods": _list_unknown_moods(row_counts),
        "frames_per_video": _bin_frames_per_video(row_counts, kept),
        "videos_without_frames": _find_videos_without_frames(row_counts, kept),
        "agreement": _compare_owner_and_inspector(row_counts),
        "relabelled": _count_relabelled(kept),
    }


def _count(rows: pa.Table, *names: str) -> dict[Any, dict[str, int]]:
    """Numbers of rows and of their videos, by the values of a column or by tuples of the values of several columns."""
    found = rows.group_by(list(names)).aggregate([("rows", "sum"), ("video", "count_distinct")])
    keys = zip(*(found[name].to_pylist() for name in names), strict=True)
    counts = zip(found["rows_sum"].to_pylist(), found["video_count_distinct"].to_pylist(), strict=True)
    pairs = [(key, {"rows": rows, "videos": videos}) for key, (rows, videos) in zip(keys, counts, strict=True)]
    return {key if len(names) > 1 else key[0]: count for key, count in pairs}


def _count_statuses(rows: pa.Table) -> dict[str, int]:
    found = _count(rows, "status")
    return {status: found.get(status, _NONE)["rows"] for status in STATUSES}


def _find_emptied_splits(row_counts: pa.Table, kept: pa.Table) -> dict[str, dict[str, Any]]:
    """Splits that have annotated frames but no kept ones: the number of frames, and by reason, the commonest first."""
    whole, left = _count(row_counts, "split"), _count(kept, "split")
    lost = _count(row_counts, "split", "status", "reason")
    emptied = {}
    for split in SPLITS:
        if split in whole and split not in left:
            causes = {reason or status: count["rows"] for (of, status, reason), count in lost.items() if of == split}
            causes = dict(sorted(causes.items(), key=lambda cause: (-cause[1], cause[0])))
            emptied[split] = {"rows": whole[split]["rows"], "causes": causes}
    return emptied


def _count_moods(row_counts: pa.Table, kept: pa.Table) -> list[dict[str, Any]]:
    found, whole, statuses = (
        _count(kept, "split", "label"),
        _count(kept, "label"),
        _count(row_counts, "label", "status"),
    )
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
    """The commonest and the rarest mood that occur in a split and their ratio, by frames and by videos."""
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


def _score_majority_mood(kept: pa.Table) -> dict[str, Any] | None:
    """The scores on each split of a constant answer: the mood that most training videos have."""
    train = _count(kept.filter(pc.equal(kept["split"], "train")), "label")
    if not train:
        return None
    answer = max(train, key=lambda label: (train[label]["videos"], train[label]["rows"], -label))
    return {"answer": answer} | {split: _score_constant(kept, split, answer) for split in SPLITS}


def _score_constant(kept: pa.Table, split: str, answer: int) -> dict[str, Any] | None:
    """Accuracy of a constant answer, and macro-F1 and balanced accuracy over the moods that occur in the split.

    None where the split has no frame.
    """
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


def _rank_by_videos(kept: pa.Table, *names: str) -> dict[str, Any]:
    """The pairs of values of two columns that most videos have, and the number of the other pairs and of their rows."""
    found = [dict(zip(names, values, strict=True)) | count for values, count in _count(kept, *names).items()]
    found.sort(key=lambda line: (-line["videos"], -line["rows"], [str(line[name]) for name in names]))
    rest = found[_MOST_LISTED:]
    return {"first": found[:_MOST_LISTED], "rest": {"values": len(rest), "rows": sum(line["rows"] for line in rest)}}


def _list_unknown_moods(row_counts: pa.Table) -> list[dict[str, Any]]:
    """What was written in place of a mood where it is none of the six, the commonest first."""
    found = _count(row_counts.filter(pc.equal(row_counts["reason"], "emotion_unknown")), "emotion_inspect")
    ranked = sorted(found.items(), key=lambda item: (-item[1]["rows"], item[0] or ""))
    return [{"word": word, **count} for word, count in ranked[:_MOST_WORDS]]


def _count_reasons(row_counts: pa.Table) -> list[dict[str, Any]]:
    found = _count(row_counts.filter(pc.is_valid(row_counts["reason"])), "status", "reason")
    known = [*REJECTIONS, *DUPLICATIONS]
    lines = [{"status": status, "reason": reason, **count} for (status, reason), count in found.items()]
    return sorted(lines, key=lambda line: known.index(line["reason"]) if line["reason"] in known else len(known))


def _bin_frames_per_video(row_counts: pa.Table, kept: pa.Table) -> list[dict[str, Any]]:
    """Histograms of the number of annotated frames and of kept frames of a video."""
    histograms = []
    annotated, left = (_sum_by_video(rows) for rows in (row_counts, kept))
    missing = len(annotated) - len(left)
    for rows, extra in ((annotated, 0), (left, missing)):
        counts = np.bincount(np.append(rows, np.zeros(extra, np.int64)), minlength=_FRAME_BINS[-1] + 2)
        histograms.append(bin_counts(counts, _FRAME_BINS))
    return [
        {"from": a["from"], "to": a["to"], "annotated": a["frames"], "kept": k["frames"]}
        for a, k in zip(*histograms, strict=True)
    ]


def _sum_by_video(rows: pa.Table) -> np.ndarray:
    return rows.group_by("video").aggregate([("rows", "sum")])["rows_sum"].to_numpy()


def _find_videos_without_frames(row_counts: pa.Table, kept: pa.Table) -> dict[str, Any]:
    """Videos without a kept frame: how many, by the reason of most of their frames, and the first of them by name."""
    lost = row_counts.filter(pc.invert(pc.is_in(row_counts["video"], pc.unique(kept["video"]))))
    causes = lost.group_by(["video", "status", "reason"]).aggregate([("rows", "sum")])
    main: dict[str, tuple[int, str]] = {}
    for video, status, reason, rows in zip(*(column.to_pylist() for column in causes.columns), strict=True):
        main[video] = max(main.get(video, (0, "")), (rows, reason or status))
    counts = Counter(cause for _, cause in main.values())
    first = [{"video": video, "cause": main[video][1]} for video in sorted(main)[:_MOST_LISTED]]
    return {"count": len(main), "causes": dict(counts.most_common()), "first": first}


def _compare_owner_and_inspector(row_counts: pa.Table) -> dict[str, Any]:
    """A confusion matrix of videos: the inspector's mood (rows) against the owner's (columns).

    The last column is for owners who gave another word or none.
    """
    matrix = np.zeros((len(EMOTIONS), len(EMOTIONS) + 1), np.int64)
    for (inspector, owner), count in _count(row_counts, "emotion_inspect", "emotion_owner").items():
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
    """Kept frames whose label is not the inspector's mood, because most of their near-duplicates have another one."""
    found = _count(kept, "label", "emotion_inspect")
    return sum(count["rows"] for (label, text), count in found.items() if parse_emotion(text or "") != label)
