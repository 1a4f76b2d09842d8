"""What preprocess makes of sources of photos, for tests."""

import json
from pathlib import Path
from typing import Any

from preprocess.settings import DedupeSettings, PreprocessSettings
from preprocess.sources.source_kinds import find_videos
from preprocess.writing.spill import read_task_rows
from preprocess.writing.video_task import run_video_task

LABEL_MAP = {
    "cat": {"mood": "편안/안정", "species": "cat"},
    "dog": {"mood": "fear", "species": "dog"},
    "고양이": "calm",
}


def read_photo_rows(folder: Path, *sources: Path, label_map: Any = None, **settings: Any) -> list[dict[str, Any]]:
    """The manifest rows, in their order, that one task makes of some sources; nothing but the task runs."""
    folder.mkdir(exist_ok=True)
    path = folder / "label_map.json"
    path.write_text(json.dumps(LABEL_MAP if label_map is None else label_map))
    settings |= {"label_map": str(path), "dedupe": DedupeSettings(enabled=False)}
    settings = PreprocessSettings([str(source) for source in sources], "unused", **settings)
    summary = run_video_task(find_videos(settings.source, label_map=settings.label_map).videos, settings, folder)
    return read_task_rows(folder, summary.name, summary.rows_digest).to_pylist()


def list_box(row: dict[str, Any]) -> tuple[int, ...]:
    """A row's box as (x, y, width, height)."""
    return tuple(row[f"box_{name}"] for name in ("x", "y", "width", "height"))
