"""The frames of some long videos once more, each as a video of its own."""

import json
import os
from pathlib import Path

from tools.sample.labels import encode_label
from tools.sample.video_files import name_image


def divide_into_videos(tree: Path, target: Path) -> int:
    """Make a tree in AI Hub's layout with a video for each frame of a sample's videos; the images are hard links.

    Returns the number of videos.
    """
    count = 0
    for path in sorted(tree.rglob("*.json")):
        label, split = json.loads(path.read_text(encoding="utf-8-sig")), path.relative_to(tree).parts[0]
        (frames,) = tree.glob(f"{split}/원천데이터*/**/{path.stem}")
        for annotation in label["annotations"]:
            name = f"{path.stem.removesuffix('.mp4')}{count:06d}"
            image = name_image(annotation["frame_number"], annotation["timestamp"])
            labels, folder = target / split / "라벨링데이터", target / split / "원천데이터" / name
            labels.mkdir(parents=True, exist_ok=True)
            folder.mkdir(parents=True)
            os.link(frames / image, folder / image)
            (labels / f"{name}.json").write_bytes(encode_label(label | {"annotations": [annotation]}))
            count += 1
    return count
