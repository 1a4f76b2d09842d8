"""Checkpoints: a round trip, what is kept, and what happens when the newest is damaged."""

import keras
import numpy as np
import pytest

from shards.storage.self_checksum import ChecksumMismatch
from trainer.run_files.checkpoint import (
    Progress,
    decode_checkpoint,
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


def test_the_last_two_are_kept_and_the_last_whole_one_loads(tmp_path, capsys):
    model = make_model(1)
    for steps in (5, 10, 20):
        write_checkpoint(tmp_path, model, Progress(total_steps=steps))
    newest, older = list_checkpoints(tmp_path)
    assert [int(path.stem) for path in (newest, older)] == [20, 10]
    whole = newest.read_bytes()
    for damage in (whole[:-100], whole[: len(whole) // 2], b"", bytes([whole[0] ^ 1]) + whole[1:]):
        newest.write_bytes(damage)
        assert read_progress(tmp_path)[0].total_steps == 10
        assert capsys.readouterr().err.count(f"note    {newest} ") == 1
    middle = len(whole) // 2
    newest.write_bytes(whole[:middle] + bytes([whole[middle] ^ 4]) + whole[middle + 1 :])  # a bit of an array
    assert read_progress(tmp_path)[0].total_steps == 10
    assert "goes on from the checkpoint before it" in capsys.readouterr().err
    older.write_bytes(b"")
    assert read_progress(tmp_path) is None
    assert "goes on from the beginning" in capsys.readouterr().err.splitlines()[1]


def test_a_run_that_went_back_keeps_what_it_writes_then(tmp_path):
    """Damaged ones of later steps would be the newest for ever, and what is written meanwhile would go as older."""
    model = make_model(1)
    for steps in (10, 20):
        write_checkpoint(tmp_path, model, Progress(total_steps=steps))
    for path in list_checkpoints(tmp_path):
        path.write_bytes(path.read_bytes()[:-1])
    for steps, kept in ((0, [0]), (5, [5, 0]), (9, [9, 5])):
        write_checkpoint(tmp_path, model, Progress(total_steps=steps))
        assert [int(path.stem) for path in list_checkpoints(tmp_path)] == kept
        assert read_progress(tmp_path)[0].total_steps == steps


def test_no_damage_is_ever_read_as_a_checkpoint(tmp_path):
    """Every byte with a bit flipped, every cut, and bytes behind it: thousands, none of which numpy gets to see."""
    write_checkpoint(tmp_path, make_model(1), Progress(total_steps=7))
    whole = list_checkpoints(tmp_path)[0].read_bytes()
    assert decode_checkpoint(whole)[0].total_steps == 7
    flipped = (whole[:i] + bytes([whole[i] ^ 1 << i % 8]) + whole[i + 1 :] for i in range(len(whole)))
    cut = (whole[:length] for length in range(len(whole)))
    longer = (whole + bytes([value]) * length for value in (0, 10, 255) for length in (1, 73, 4096))
    damaged = [*flipped, *cut, *longer, whole + whole, whole[1:]]
    assert len(damaged) > 4000
    for data in damaged:
        with pytest.raises(ChecksumMismatch):
            decode_checkpoint(data)


def test_nothing_to_go_on_from(tmp_path):
    assert read_progress(tmp_path) is None


def test_a_model_of_another_shape(tmp_path):
    model = make_model(1)
    write_checkpoint(tmp_path, model, Progress())
    _, arrays = read_progress(tmp_path)
    arrays.popitem()
    with pytest.raises(ValueError, match=r"holds .* variables, the model has"):
        restore_variables(model, arrays)
