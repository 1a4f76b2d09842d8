"""Whole frames in the network's square: where they lie, and that the box goes with them."""

import cv2
import numpy as np
import pytest
import tensorflow as tf

from trainer.finder_settings import FinderInputSettings
from trainer.finding.centre_finder import leave_letterbox, letterbox_picture
from trainer.input.frame_batches import make_frame_batches, make_frame_validation_batches
from trainer.input.frame_canvas import FrameCanvas
from trainer.input.frame_placement import PLACEMENT_NUMBERS, place_letterboxed, place_randomly
from trainer.input.frame_split import open_frame_split, read_frames

SETTINGS = FinderInputSettings(batch_size=8, resolution=96, shuffle_records=64)


@pytest.fixture(scope="module")
def training(whole_frames):
    return open_frame_split(whole_frames, "train")


def draw(pictures, placements, side: int) -> np.ndarray:
    return np.asarray(FrameCanvas(side)(pictures, placements))


def test_a_split_states_what_its_records_hold(training):
    places = [0, 17, training.records - 1]
    for place, record in zip(places, read_frames(training, places), strict=True):
        np.testing.assert_allclose(training.boxes[place], record["bbox"], atol=1e-6)
        assert training.video_names[training.videos[place]] == record["video"]
        assert (training.species[place], training.animal_counts[place]) == (record["species"], record["animal_count"])
        assert training.sizes[place].tolist() == [record["height"], record["width"]]
    assert training.records == 80 and training.video_counts.tolist() == [4] * 20


@pytest.mark.parametrize("side", [96, 320, 448])
def test_letterboxes_are_those_of_inference(side):
    """Smaller, as it is, and larger; of a picture that is wider than high, and one that is higher."""
    rng = np.random.default_rng(0)
    for height, width in ((240, 320), (320, 179), (100, 60)):
        small = rng.integers(0, 256, (height // 8 + 2, width // 8 + 2, 3), dtype=np.uint8)
        picture = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
        stored = np.zeros((1, 320, 320, 3), np.uint8)
        stored[0, :height, :width] = picture
        sizes, box = tf.constant([[height, width]], tf.float32), tf.constant([[0.1, 0.2, 0.8, 0.6]])
        placements, placed = place_letterboxed(sizes, box, side)
        drawn = draw(stored, placements, side)[0]
        assert np.abs(drawn - letterbox_picture(picture, side)).mean() < 1
        back = leave_letterbox(np.asarray(placed) / side, height, width, side)
        np.testing.assert_allclose(back, box, atol=1e-5)


def test_the_box_goes_with_the_picture_wherever_it_lies():
    """A white rectangle on grey: what is white in the square is what the box says, mirrored or not."""
    count, side = 64, 96
    numbers = tf.random.stateless_uniform([count, PLACEMENT_NUMBERS], [1, 2])
    stored = np.full((count, 320, 320, 3), 90, np.uint8)
    stored[:, 60:140, 100:280] = 255
    sizes = tf.tile([[200.0, 320.0]], [count, 1])
    box = tf.tile([[60 / 200, 100 / 320, 140 / 200, 280 / 320]], [count, 1])
    placements, placed = place_randomly(sizes, box, numbers, side, mirror=True)
    colours = np.array(placements)
    colours[:, 6:9] = 0  # the background could be white
    white = draw(stored, colours, side).mean(axis=-1) > 170
    for mask, edges in zip(white, np.asarray(placed), strict=True):
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        found = [rows[0], columns[0], rows[-1] + 1, columns[-1] + 1]
        np.testing.assert_allclose(found, edges, atol=1.01)
    middles, lengths = (placed[:, :2] + placed[:, 2:]) / 2, placed[:, 2:] - placed[:, :2]
    assert np.std(middles, axis=0).min() > 10 and np.asarray(lengths)[:, 1].max() > 3 * np.asarray(lengths)[:, 1].min()
    assert 16 < (np.asarray(placements)[:, 1] < 0).sum() < 48


def test_an_epoch_resumes_with_the_same_batches_and_the_next_has_others(training):
    def read(epoch: int, skip: int):
        return list(make_frame_batches(training, SETTINGS, 3, epoch, skip).as_numpy_iterator())

    whole, rest, other = read(0, 0), read(0, 7), read(1, 0)
    assert len(whole) == 10 and len(rest) == 3
    for one, same in zip(whole[7:], rest, strict=True):
        for a, b in zip((*one[0], one[1]), (*same[0], same[1]), strict=True):
            np.testing.assert_array_equal(a, b)
    assert (whole[0][0][1] != other[0][0][1]).any()
    assert set(whole[0][1][:, 4]) <= {0.0, 1.0} and sum((batch[1][:, 5] == 0).sum() for batch in whole) == 4


def test_validation_shows_every_frame_once_in_order(whole_frames):
    split = open_frame_split(whole_frames, "val")
    batches = list(make_frame_validation_batches(split, SETTINGS).as_numpy_iterator())
    pictures, _, targets = (np.concatenate(parts) for parts in zip(*(batch[0] for batch in batches), strict=True))
    assert len(pictures) == 24
    heights, widths = split.sizes.T
    np.testing.assert_allclose(
        leave_letterbox(targets[:, None, :4] / 96, heights[:, None], widths[:, None], 96)[:, 0], split.boxes, atol=1e-5
    )
    assert (targets[:, 4] == (split.species == "CAT")).all()
