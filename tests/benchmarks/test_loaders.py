"""What the loaders' table finds wrong with pictures, and which batches a turn counts."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.side_by_side.sample_windows import CropFinder, find_wrong_batches
from benchmarks.ways.loading.epochs import BATCH_SIZE, TAIL, WARM, open_epochs
from tests.trees import make_image, make_jpeg

RNG = np.random.default_rng(3)


@pytest.fixture(scope="module")
def finder() -> CropFinder:
    return CropFinder([make_jpeg(seed, 256, 256) for seed in range(20)])


def cut(seed: int, top: int, left: int, mirrored: bool) -> np.ndarray:
    """A window of a picture before it was encoded, in RGB, as another decoder might give it."""
    window = cv2.cvtColor(make_image(seed, 256, 256), cv2.COLOR_BGR2RGB)[top : top + 224, left : left + 224]
    return window[:, ::-1] if mirrored else window


def draw_sample(order: list[int], mirror: bool) -> np.ndarray:
    return np.stack([cut(seed, *RNG.integers(0, 33, 2), mirror and seed % 2 == 0) for seed in order])


def test_a_window_is_found_where_it_was_cut(finder):
    for mirrored in (False, True):
        found = finder.find(np.ascontiguousarray(cut(7, 5, 30, mirrored)))
        assert (found.crop, found.mirrored) == (7, mirrored) and found.psnr > 35


SHUFFLED = [int(seed) for seed in RNG.permutation(20)[:16]]


@pytest.mark.parametrize(
    "flip, sample, changes, fault",
    [
        (False, draw_sample(SHUFFLED, False), {}, None),
        (True, draw_sample(SHUFFLED, True), {}, None),
        (True, draw_sample(SHUFFLED, False), {}, "0 of 16 mirrored"),
        (False, draw_sample(SHUFFLED, True), {}, "mirrored"),
        (False, draw_sample(list(range(16)), False), {}, "not in random order"),
        (False, draw_sample([4] * 16, False), {}, "not in random order"),
        (False, draw_sample(SHUFFLED, False) // 2, {}, "no window of any crop"),
        (False, draw_sample(SHUFFLED, False)[..., ::-1], {}, "no window of any crop"),  # BGR
        (False, draw_sample(SHUFFLED, False), {"shape": [64, 256, 256, 3]}, "batches of"),
        (False, draw_sample(SHUFFLED, False), {"labels": 1}, "1 labels"),
    ],
)
def test_wrong_pictures_are_told(finder, tmp_path, flip, sample, changes, fault):
    path = tmp_path / "sample.npy"
    np.save(path, np.ascontiguousarray(sample))
    turn = {"shape": [64, 224, 224, 3], "type": "uint8", "labels": 64, "sample": str(path)} | changes
    found = find_wrong_batches(finder, flip, {"a peer": turn, "decoding alone": {"count": 1}})
    assert found == {} if fault is None else fault in found["a peer"]


def test_the_beginning_and_the_end_of_epochs_are_not_counted(tmp_path: Path):
    steps = WARM + TAIL + 20
    for place in range(steps * BATCH_SIZE):
        (tmp_path / "1").mkdir(exist_ok=True)
        (tmp_path / "1" / f"{place}.jpg").touch()
    batch = np.zeros((BATCH_SIZE, 224, 224, 3), np.uint8)
    epochs, drawn = [], [0]

    def draw(epoch: int):
        epochs.append(epoch)
        for _ in range(steps):
            drawn[0] += 1
            yield batch, [1] * BATCH_SIZE

    take_turn = open_epochs({"folder": str(tmp_path), "files": str(tmp_path), "seconds": 1e-3}, draw)
    drawn[0] = 0
    found = take_turn()
    assert found["seconds"] >= 1e-3 and len(epochs) > 1
    assert found["count"] < 0.6 * drawn[0] * BATCH_SIZE  # 20 of 44, and of the first epoch fewer
