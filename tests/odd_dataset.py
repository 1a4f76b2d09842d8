"""A tiny source with one row for every way that a row can take, and the settings of the dataset that is made of it."""

from pathlib import Path

from preprocess.settings import BoxSettings, PreprocessSettings
from tests.trees import BOX, WIDTH, annotate, make_jpeg, make_label, write_video


def write_odd_source(root: Path) -> Path:
    near = make_jpeg(1, flags=(1, 60))
    odd = {
        0: make_jpeg(1),
        5: near,  # near_in_video
        10: make_jpeg(3)[:-2],  # image_unreadable
        15: make_jpeg(4, WIDTH + 8),  # image_size
        20: make_jpeg(5),
        25: make_jpeg(6),
        30: make_jpeg(7),
        35: make_jpeg(8),
    }
    boxes = {20: None, 25: BOX | {"x": -140}, 30: BOX | {"width": 0}, 35: BOX | {"x": WIDTH - 10}}
    annotations = [annotate(number, boxes.get(number, BOX)) for number in odd]
    annotations += [annotate(0), annotate(50), {"frame_number": 55, "timestamp": None}]
    write_video(root, "20201028_cat-arch-000001.mp4", odd, annotations, part="Training")
    write_video(root, "cat-arch-000002", {0: near, 5: make_jpeg(21)}, part="Training")
    write_video(root, "cat-arch-000002", {0: near}, part="Training/again")
    write_video(root, "dog-sit-000003", {0: make_jpeg(31)}, part="Training")
    write_video(root, "dog-sit-000004", label=b"{", part="Training")
    write_video(root, "dog-sit-000005", label=make_label(), annotations=[], part="Training")
    write_video(root, "dog-sit-000006", label=make_label(inspect={"emotion": "지루함"}), part="Validation")
    write_video(root, "dog-sit-000007", {0: make_jpeg(71), 5: make_jpeg(31)}, part="Validation")
    return root


def make_odd_settings(source: Path, out: Path) -> PreprocessSettings:
    return PreprocessSettings([str(source)], str(out), box=BoxSettings("clip", 0.3), shard_bytes=30_000)
