"""Checkpoints: a round trip, what is kept, and what happens when the newest is damaged."""

import keras
import numpy as np
import pytest

from trainer.checkpoint import (
    Progress,
    list_checkpoints,
    list_variables,
    read_progress,
    restore_variables,
    write_checkpoint,
)


def make_model(seed: int) -> keras.Model:
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dropout(0.5), keras.layers.Dense(3)])
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(np.ones((8, 4)), np.ones((8, 3)), verbose=0, epochs=seed)
    return model


def values(model: keras.Model) -> list[np.ndarray]:
    return [np.array(variable) for variable in list_variables(model)]


def test_round_trip(tmp_path):
    model = make_model(2)
    written = Progress(stage=1, epoch=2, step=3, total_steps=40, best=0.5, history=[{"stage": "조사", "loss": 0.1}])
    write_checkpoint(tmp_path, model, written)
    progress, arrays = read_progress(tmp_path)
    assert progress == written
    other = make_model(3)
    assert any((a != b).any() for a, b in zip(values(model), values(other), strict=True))
    restore_variables(other, arrays)
    for a, b in zip(values(model), values(other), strict=True):
        np.testing.assert_array_equal(a, b)
    assert any("iteration" in v.path for v in list_variables(model))  # the optimizer's are among them
    assert any("seed" in v.path for v in list_variables(model))  # and the dropout's


def test_the_last_two_are_kept_and_the_last_whole_one_loads(tmp_path):
    model = make_model(1)
    for steps in (5, 10, 9, 20):
        write_checkpoint(tmp_path, model, Progress(total_steps=steps))
    newest, older = list_checkpoints(tmp_path)
    assert [int(path.stem) for path in (newest, older)] == [20, 10]
    whole = newest.read_bytes()
    for damage in (whole[:-100], whole[: len(whole) // 2], b"", bytes([whole[0] ^ 1]) + whole[1:]):
        newest.write_bytes(damage)
        assert read_progress(tmp_path)[0].total_steps == 10
    middle = len(whole) // 2
    newest.write_bytes(whole[:middle] + bytes([whole[middle] ^ 4]) + whole[middle + 1 :])  # a bit of an array
    assert read_progress(tmp_path)[0].total_steps == 10


def test_nothing_to_go_on_from(tmp_path):
    assert read_progress(tmp_path) is None


def test_a_model_of_another_shape(tmp_path):
    model = make_model(1)
    write_checkpoint(tmp_path, model, Progress())
    _, arrays = read_progress(tmp_path)
    arrays.popitem()
    with pytest.raises(ValueError, match=r"holds .* variables, the model has"):
        restore_variables(model, arrays)
