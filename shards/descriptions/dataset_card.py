"""README.md in a dataset's folder: what the dataset holds and how it is opened, for whoever is handed the folder alone.

It follows from dataset.json, so the same dataset has the same card.
"""

import json
from pathlib import Path
from typing import Any

from shards import dataset
from shards.dataset import Dataset
from shards.descriptions.field_tables import tabulate_columns, tabulate_fields
from shards.descriptions.opening_code import OPENING_CODE
from shards.descriptions.reason_descriptions import REASON_DESCRIPTIONS
from shards.emotions import EMOTIONS
from shards.manifest import SPLITS, STATUSES, make_schema
from shards.record_fields import CROPS, WHOLE_FRAMES
from shards.storage.atomic_write import write_atomically
from shards.storage.files import IrregularFile, read_file

CARD_FILE = "README.md"
_CARD_MARK = "<!-- pet_mood dataset card -->"  # its first line, by which the card is told from a user's README.md


def write_dataset_card(folder: Path, made: Dataset) -> str:
    """Write the card into a dataset's folder; returns its name. `made` need not know the card's file yet."""
    with write_atomically(folder / CARD_FILE) as file:
        file.write(format_card(made).encode())
    return CARD_FILE


def is_dataset_card(folder: Path) -> bool:
    """Whether the README.md in a folder is a card: by its first line, or, should that be damaged, by dataset.json."""
    try:
        if read_file(folder / CARD_FILE).startswith(_CARD_MARK.encode()):
            return True
        return f'"{CARD_FILE}"'.encode() in read_file(folder / dataset.DATASET_FILE)
    except (FileNotFoundError, IrregularFile):
        return False


def format_card(made: Dataset) -> str:
    """The card of a dataset as Markdown."""
    splits = made.counts["splits"]
    filled = next((split for split in SPLITS if any(shard.records for shard in made.shards.get(split, []))), SPLITS[0])
    frames = {split: splits[split]["frames"] for split in SPLITS}
    videos = {split: splits[split]["videos"] for split in SPLITS}
    size, shards = made.image_size, made.all_shards
    sections = [
        _CARD_MARK,
        "# Moods of cats and dogs: frames of videos, each with one of six moods",
        f"반려동물 영상에서 잘라 낸 {size}×{size} 픽셀 이미지 {sum(frames.values()):,}개"
        f"(학습 {frames['train']:,}개, 검증 {frames['val']:,}개)와 각 이미지의 감정입니다. "
        "아래의 코드는 이 폴더에서 실행합니다.",
        f"{sum(frames.values()):,} square crops of {size} pixels around an animal, from {sum(videos.values()):,} "
        f"videos: {frames['train']:,} for training, {frames['val']:,} for validation. A video is in one split only. "
        f"{len(shards)} shards, {sum(shard.bytes for shard in shards):,} bytes.",
        "## Files",
        _tabulate_files(made),
        "## Moods",
        _tabulate_moods(splits),
        "Frames of one video are much alike: to judge how much there is of a mood, count videos.",
        "## What became of each annotation",
        _tabulate_outcomes(made.counts),
        "## Settings",
        "\n".join(["| setting | value |", "|---|---|", *_list_settings(made.settings)]),
        "## How to open it",
        *(f"### {tool}\n\n```python\n{code.replace('SPLIT', filled)}```" for tool, code in OPENING_CODE.items()),
        "## Columns of manifest.parquet",
        tabulate_columns(make_schema(made.settings.get("hash", {}).get("bits", 64))),
        "## Fields of a crop's record",
        tabulate_fields(CROPS),
        *(["## Fields of a whole frame's record", tabulate_fields(WHOLE_FRAMES)] if any(made.frames.values()) else []),
    ]
    return "\n\n".join(sections) + "\n"


def _tabulate_files(made: Dataset) -> str:
    lines = ["| files | records or rows | what |", "|---|--:|---|"]
    for kind, what, shards in (
        (CROPS, "crops, each a tf.train.Example", made.shards),
        (WHOLE_FRAMES, "whole frames with the box of an animal, for a finder", made.frames),
    ):
        for split in (split for split in SPLITS if shards.get(split)):
            records = sum(shard.records for shard in shards[split])
            lines.append(_join_cells(f"`{kind.name}-{split}.tfrecord-*`", records, what))
    small = "`features.json`, `dataset_info.json`, `label.labels.txt`"
    return "\n".join(
        [
            *lines,
            _join_cells(
                "`manifest.parquet`", made.counts["rows"], "every annotation, kept or not, and what became of it"
            ),
            _join_cells("`dataset.json`", "", "settings, counts, and the SHA-256 of every other file"),
            _join_cells(small, "", "for tensorflow_datasets"),
        ]
    )


def _tabulate_moods(splits: dict[str, Any]) -> str:
    heads = " | ".join(f"{split}: frames | {split}: videos" for split in SPLITS)
    lines = [f"| label | Korean | English | {heads} |", "|---|---|---|" + "--:|" * 2 * len(SPLITS)]
    for label, emotion in enumerate(EMOTIONS):
        counts = [splits[split]["emotions"][emotion.korean] for split in SPLITS]
        lines.append(_join_cells(label, *emotion, *(count[name] for count in counts for name in ("frames", "videos"))))
    totals = (splits[split][name] for split in SPLITS for name in ("frames", "videos"))
    return "\n".join([*lines, _join_cells("", "", "all", *totals)])


def _tabulate_outcomes(counts: dict[str, Any]) -> str:
    lines = ["| outcome | rows | what it means |", "|---|--:|---|", _join_cells("all", counts["rows"], "annotations")]
    meanings = {
        "kept": "in the shards",
        "duplicate": "near-duplicates, left out",
        "rejected": "not good enough",
        "unselected": "left out by `select.per_video`",
    }
    lines += [_join_cells(f"`{status}`", counts[status], meanings[status]) for status in STATUSES]
    reasons = counts["reasons"].items()
    return "\n".join(
        [*lines, *(_join_cells(f"`{reason}`", count, REASON_DESCRIPTIONS[reason]) for reason, count in reasons)]
    )


def _join_cells(*cells: Any) -> str:
    return "| " + " | ".join(f"{cell:,}" if type(cell) is int else str(cell) for cell in cells) + " |"


def _list_settings(settings: dict[str, Any], prefix: str = "") -> list[str]:
    lines = []
    for name, value in settings.items():
        if isinstance(value, dict):
            lines += _list_settings(value, f"{prefix}{name}.")
        else:
            lines.append(f"| `{prefix}{name}` | {json.dumps(value)} |")
    return lines
