"""The self-check: it passes on sound runs and fails, in one line, on each of the mistakes that it is there for."""

import keras
import numpy as np
import pytest

from shards.errors import DataError
from trainer.checks import self_check, shared_checks
from trainer.input.dataset_split import open_split
from trainer.model.mood_json import Metadata
from trainer.model.network import build_network, rule_out_absent_moods
from trainer.mood_training.loss import estimate_prior
from trainer.mood_training.mood_run import MoodRun
from trainer.settings import InputSettings, NetworkSettings, TrainSettings
from trainer.training.device import Device

CPU = Device("cpu", "test", "tensorflow", "float32", False, 1)


@pytest.fixture
def run(pets, tmp_path) -> MoodRun:
    return prepare(pets, tmp_path, 48)


def prepare(pets, folder, resolution: int) -> MoodRun:
    training, valid = open_split(pets, "train"), open_split(pets, "val")
    network = build_network(NetworkSettings("small", "none"), resolution)
    prior = estimate_prior(training.labels, training.videos)
    rule_out_absent_moods(network, prior)
    return MoodRun(
        folder, TrainSettings(str(pets)), InputSettings(12, resolution), CPU, training, valid, network, prior
    )


def metadata(run: MoodRun) -> Metadata:
    sizes = run.sizes
    return Metadata(1.0, sizes.whole, 1.1, run.prior.tolist(), "", "small", network_size=sizes.network)


def test_a_sound_run_passes_and_is_left_as_it_was(run):
    before = run.network.get_weights()
    lines = self_check.check_run(run, metadata(run))
    assert len(lines) == 5 and "12 videos" not in lines[0] and lines[2].endswith("= ln 3")
    for a, b in zip(before, run.network.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("resolution", [56, 24, 14])
def test_at_every_scale_of_the_decoder(pets, tmp_path, resolution):
    """Inference brings a crop to the decoded side by resampling, not by the decoder: near enough to the same pixels."""
    small = prepare(pets, tmp_path, resolution)
    assert len(self_check.check_run(small, metadata(small))) == 5


def test_a_head_that_does_not_start_at_zero(run):
    run.network.layers[-1].bias.assign(np.arange(6))
    with pytest.raises(DataError, match="first loss is"):
        self_check.check_run(run, metadata(run))


def test_pictures_divided_by_255():
    with pytest.raises(DataError, match="uint8 from 0 to 255"):
        shared_checks.check_pixel_range(np.random.default_rng(0).random((2, 8, 8, 3)))
    with pytest.raises(DataError, match="from 0 to 1"):
        shared_checks.check_pixel_range(np.random.default_rng(0).integers(0, 2, (2, 8, 8, 3), dtype=np.uint8))


def test_a_batch_of_one_mood(run):
    with pytest.raises(DataError, match="show one mood"):
        self_check._check_shuffling(run, np.full(12, 3))


def test_inference_that_sees_other_pixels(run):
    picture = self_check._read_first_validation_picture(run)
    with pytest.raises(DataError, match="other pixels"):
        self_check._check_preprocessing(run, np.roll(picture, 9, axis=1))


def test_a_file_that_answers_otherwise(run, monkeypatch):
    """A bias that does not reach the file: what an offset subtracted twice would do."""
    offset = np.linspace(0, 1, 6)
    monkeypatch.setattr(MoodRun, "offset", property(lambda self: offset))
    write = self_check.write_model
    monkeypatch.setattr(
        self_check, "write_model", lambda path, network, _, meta: write(path, network, np.zeros(6), meta)
    )
    with pytest.raises(DataError, match="answers otherwise"):
        self_check.check_run(run, metadata(run))
    assert not np.any(run.network.layers[-1].kernel)  # put back all the same


def test_half_precision_is_close_enough(run):
    keras.config.set_dtype_policy("mixed_float16")
    try:
        run.network = build_network(NetworkSettings("small", "none"), 48)
        rule_out_absent_moods(run.network, run.prior)
    finally:
        keras.config.set_dtype_policy("float32")
    run.device = Device("cpu", "test", "tensorflow", "mixed_float16", False, 1)
    assert len(self_check.check_run(run, metadata(run))) == 5
