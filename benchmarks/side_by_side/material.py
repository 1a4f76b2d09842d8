"""What the jobs work on, made when the first of them asks for it."""

import json
import os
from functools import cached_property
from pathlib import Path

import numpy as np

from benchmarks.preprocess import list_crops, make_source_trees

CLIP = Path(os.environ.get("CLIP", "../shared/real"))  # the folder of make_aihub_tree.py, where there is one
SIZE = 256  # of a crop, in pixels


class Material:
    """Frames, crops and a dataset in one folder. Quick material is smaller."""

    def __init__(self, folder: Path, quick: bool):
        self.folder, self.quick = folder, quick

    @cached_property
    def trees(self) -> dict[str, Path]:
        """Folders of 1080p frames with labels, by name: "clip", a real one, where there is one, and "made"."""
        return make_source_trees(self.folder, CLIP, 4 if self.quick else 8)

    @cached_property
    def main(self) -> str:
        """The name of the frames that one kind is enough for: the real ones where there are any."""
        return next(iter(self.trees))

    def write_frame_list(self, name: str) -> Path:
        """For those who read no labels, JSON: `path`, and `x`, `y`, `size` of the crop of each frame of a tree."""
        path = self.folder / f"{name}.json"
        if not path.exists():
            frames = [
                {"path": image, "x": crop.x, "y": crop.y, "size": crop.size}
                for image, crop in list_crops(self.trees[name])
            ]
            path.write_text(json.dumps(frames), encoding="utf-8")
        return path

    @cached_property
    def crops(self) -> Path:
        """The crops of the main frames before encoding: an .npy file of (frames, 256, 256, 3) uint8, RGB."""
        from preprocess.cutting.jpeg_crop import decode_crop
        from shards.jpeg_headers import read_header

        pictures = []
        for image, crop in list_crops(self.trees[self.main]):
            data = Path(image).read_bytes()
            pictures.append(decode_crop(data, read_header(data), crop, SIZE))
        path = self.folder / "crops.npy"
        np.save(path, np.stack(pictures))
        return path

    @cached_property
    def dataset(self) -> Path:
        """A dataset of the main frames, without removal of near-duplicates."""
        from preprocess.run import run
        from preprocess.settings import DedupeSettings, PreprocessSettings

        out = self.folder / "dataset"
        source = [str(self.trees[self.main])]
        run(PreprocessSettings(source=source, out=str(out), dedupe=DedupeSettings(enabled=False)))
        return out

    def describe_frames(self, name: str) -> str:
        """What the frames of a tree are, for the line under a table."""
        kind = "a real clip" if name == "clip" else "drawings"
        return f"{len(list_crops(self.trees[name]))} frames of 1920 x 1080, {kind}"
