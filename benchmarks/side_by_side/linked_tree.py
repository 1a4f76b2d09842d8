"""A larger tree out of a small one: its videos several times under other names, by hard links."""

import os
from pathlib import Path


def link_copies(tree: Path, out: Path, copies: int) -> Path:
    """A tree that has each video of a tree in AI Hub's layout `copies` times, all for training. Returns `out`.

    Copy 2 of the video NAME is called 2_NAME. Its frames are hard links, so they take no more of the page cache.
    """
    folders = {path.name: path for path in tree.rglob("*") if path.is_dir()}
    for label in sorted(tree.rglob("*.json")):
        for copy in range(copies):
            name = f"{copy}_{label.stem}"
            frames = out / "Training" / "원천데이터" / name
            frames.mkdir(parents=True)
            for frame in folders[label.stem].iterdir():
                os.link(frame, frames / frame.name)
            labels = out / "Training" / "라벨링데이터"
            labels.mkdir(exist_ok=True)
            os.link(label, labels / f"{name}.json")
    return out
