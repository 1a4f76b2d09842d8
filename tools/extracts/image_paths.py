"""Where the image of a manifest's row lies, as a file of another format names it."""

import os
from pathlib import Path
from typing import Any

from shards.errors import CallError
from shards.manifest import read_manifest
from shards.storage.places import measure_place
from shards.storage.stores.remote_path import AnyPlace, RemotePath
from shards.storage.utf8_path import is_utf8
from tools.reporting.source_frames import find_image_folder

_LOOKED_AT = 100  # rows


class ImagePaths:
    """The paths of images, each beginning with the path of its source.

    It is relative to the folder `out` where the path of the source is not UTF-8, and a URL where the source lies in a
    store. Without `sources`, paths are as in the manifest.
    """

    def __init__(self, sources: list[AnyPlace], out: Path):
        self._roots = [_find_root(source, out) for source in sources]

    def name(self, row: dict[str, Any]) -> str | None:
        """The path of a row's image.

        None where it has a backslash, which also stands for bytes that are not UTF-8: others would take it for a /.
        """
        root = self._roots[row["source"]] if row["source"] < len(self._roots) else ""
        if isinstance(root, RemotePath):
            return str(root.resolve(row["image_file"]))
        path = os.path.normpath(os.path.join(root, row["image_file"]))
        return None if "\\" in path else path

    def is_there(self, row: dict[str, Any], out: Path) -> bool:
        """Whether the image of a row is a file, or a store's."""
        root = self._roots[row["source"]] if row["source"] < len(self._roots) else None
        if isinstance(root, RemotePath):
            return measure_place(root.resolve(row["image_file"])) is not None
        name = self.name(row)
        return bool(name) and (out / name).exists()


def lack_files(folder: AnyPlace, sources: list[AnyPlace], out: Path) -> bool:
    """Whether none of a dataset's first images is a file: they lie in archives, or are gone."""
    paths = ImagePaths(sources, out)
    rows = next(iter(read_manifest(folder, ["source", "image_file"]))).slice(0, _LOOKED_AT).to_pylist()
    named = [row for row in rows if row["image_file"]]
    return bool(sources and named) and not any(paths.is_there(row, out) for row in named)


def _find_root(source: AnyPlace, out: Path) -> str | RemotePath:
    """The folder that a source's image paths are relative to: absolute, or relative to `out` where that is not UTF-8.

    Raises CallError where neither is UTF-8.
    """
    if isinstance(source, RemotePath):
        return find_image_folder(source)
    root = str(source.absolute().parent if source.is_file() else source.absolute())
    root = root if is_utf8(root) else os.path.relpath(root, out.absolute())
    if not is_utf8(root):
        raise CallError(
            f"the source {source} has a name that is not UTF-8, which the files cannot hold; give an --out beside it"
        )
    return root
