"""Copies of a dataset's whole frames as files of their own, also of those that lie in archives."""

from pathlib import Path
from typing import Any

from shards.storage.atomic_write import remove_abandoned, write_atomically
from shards.storage.stores.remote_path import AnyPlace
from tools.reporting.source_frames import PictureUnavailable, SourceFrames


class FrameCopies:
    """Copies frames, as they are, to `out`/images/SOURCE/PATH; SOURCE is the number of the source."""

    def __init__(self, sources: list[AnyPlace], out: Path):
        self._frames = SourceFrames(sources)
        self._out = out
        self._seen: set[Path] = set()  # folders

    def name(self, row: dict[str, Any]) -> str | None:
        """Copy the frame of a row; returns the path of the copy relative to `out`, None where there is no frame."""
        parts = row["image_file"].replace("\\", "_").split("/")
        name = "/".join(["images", str(row["source"]), *("_" if part == ".." else part for part in parts if part)])
        try:
            data = self._frames.read_jpeg(row)
        except PictureUnavailable:
            return None
        folder = (self._out / name).parent
        if folder not in self._seen:
            self._seen.add(folder)
            folder.mkdir(parents=True, exist_ok=True)
            remove_abandoned(folder)
        with write_atomically(self._out / name, one_of_many=True) as file:
            file.write(data)
        return name
