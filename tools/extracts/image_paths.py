"""Where the image of a manifest's row lies, as a file of another format names it."""

import os
from pathlib import Path
from typing import Any

from shards.errors import CallError
from shards.manifest import read_manifest
from shards.storage.utf8_path import is_utf8

_LOOKED_AT = 100  # rows


class ImagePaths:
    """The paths of images, each beginning with the path of its source.

    It is relative to the folder `out` where the path of the source is not UTF-8. Without `sources`, paths are as in the
    manifest.
    """

    def __init__(self, sources: list[Path], out: Path):
        self._roots = [_find_root(source, out) for source in sources]

    def name(self, row: dict[str, Any]) -> str | None:
        """The path of a row's image.

        None where it has a backslash, which also stands for bytes that are not UTF-8: others would take it for a /.
        """
        root = self._roots[row["source"]] if row["source"] < len(self._roots) else ""
        path = os.path.normpath(os.path.join(root, row["image_file"]))
        return None if "\\" in path else path


def lack_files(folder: Path, sources: list[Path], out: Path) -> bool:
    """Whether none of a dataset's first images is a file: they lie in archives, or are gone."""
    paths = ImagePaths(sources, out)
    rows = next(iter(read_manifest(folder, ["source", "image_file"]))).slice(0, _LOOKED_AT).to_pylist()
    names = [paths.name(row) for row in rows if row["image_file"]]
    return bool(sources and names) and not any(name and (out / name).exists() for name in names)


def _find_root(source: Path, out: Path) -> str:
    """The folder that a source's image paths are relative to: absolute, or relative to `out` where that is not UTF-8.

    Raises CallError where neither is UTF-8.
    """
    root = str(source.absolute().parent if source.is_file() else source.absolute())
    root = root if is_utf8(root) else os.path.relpath(root, out.absolute())
    if not is_utf8(root):
        raise CallError(
            f"the source {source} has a name that is not UTF-8, which the files cannot hold; give an --out beside it"
        )
    return root
