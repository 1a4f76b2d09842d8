"""What is exported gives the model's logits, for squares of the side that it states, in batches of any number."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest

from shards.crop_geometry import Box
from shards.errors import DataError
from tests.trainer.networks import OFFSET, balanced_logits, build, describe, make_squares
from trainer.answering.box_crop import crop_square
from trainer.answering.photo import read_upright_pixels
from trainer.export import EXPORT_FILES
from trainer.exporting import export_formats
from trainer.exporting.export_formats import export_model, replace_normalization
from trainer.exporting.exported_model import make_comparison_batches, read_mood_export
from trainer.model.model_copy import apply_normalization_statistics
from trainer.model.model_file import read_model, write_model
from trainer.model.mood_json import read_metadata

FORMATS = list(EXPORT_FILES)


@pytest.fixture(scope="module")
def model_path(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("model") / "model.keras"
    write_model(path, build("mixed_float16"), OFFSET, describe())
    return path


@pytest.fixture(scope="module")
def exported(model_path) -> Path:
    out = model_path.parent / "내보낸 것"
    export_model(read_mood_export(model_path), out, EXPORT_FILES, make_comparison_batches(48), model_path)
    return out


# Each format as its user runs it, with nothing of ours.
def run_saved_model(folder: Path, squares: np.ndarray) -> np.ndarray:
    import tensorflow as tf

    loaded = tf.saved_model.load(folder / "saved_model")
    return loaded.signatures["serving_default"](pictures=tf.constant(squares))["logits"].numpy()


def run_litert(folder: Path, squares: np.ndarray) -> np.ndarray:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=(folder / "model.tflite").read_bytes())
    place = interpreter.get_input_details()[0]["index"]
    interpreter.resize_tensor_input(place, squares.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(place, squares)
    interpreter.invoke()
    logits = next(o for o in interpreter.get_output_details() if o["name"].endswith(":0"))
    return interpreter.get_tensor(logits["index"])


def run_onnx(folder: Path, squares: np.ndarray) -> np.ndarray:
    import onnxruntime

    session = onnxruntime.InferenceSession((folder / "model.onnx").read_bytes())
    assert [(value.name, value.type) for value in session.get_inputs()] == [("pictures", "tensor(uint8)")]
    return session.run(["logits"], {"pictures": squares})[0]


RUNNERS = {"saved_model": run_saved_model, "litert": run_litert, "onnx": run_onnx}


@pytest.mark.parametrize("name", FORMATS)
def test_made_squares_in_batches_of_any_number(exported, model_path, name):
    model, _ = read_model(model_path)
    for count in (1, 3, 4):
        squares = make_squares(count, count, 48)
        expected = model.predict_on_batch(squares)["logits"]
        np.testing.assert_allclose(RUNNERS[name](exported, squares), expected, atol=1e-3)
    np.testing.assert_allclose(expected.std(axis=1) > 0.1, True)  # they say something


@pytest.mark.parametrize("name", FORMATS)
def test_another_side_is_an_error_or_answered_rightly(exported, model_path, name):
    model, _ = read_model(model_path)
    for side in (17, 131):
        squares = make_squares(side, 2, side)
        try:
            found = RUNNERS[name](exported, squares)
        except Exception as error:
            assert name == "onnx" and "invalid dimensions" in str(error).lower()
        else:
            np.testing.assert_allclose(found, model.predict_on_batch(squares)["logits"], atol=1e-3)


def test_the_side_is_stated_and_a_plain_caller_of_litert_is_right(exported, model_path):
    """Whoever makes what the input's details ask for, and resizes nothing."""
    import onnxruntime
    import tensorflow as tf
    from ai_edge_litert.interpreter import Interpreter

    stated = json.loads((exported / "mood.json").read_text(encoding="utf-8"))
    interpreter = Interpreter(model_path=str(exported / "model.tflite"))
    interpreter.allocate_tensors()
    (taken,) = interpreter.get_input_details()
    assert taken["shape"].tolist() == [1, 48, 48, 3] and taken["shape_signature"].tolist() == [-1, 48, 48, 3]
    assert (stated["image_size"], stated["keras"]) == (48, "3.15.0") and taken["dtype"] == np.uint8
    squares = make_squares(7, *taken["shape"][:2].tolist())
    interpreter.set_tensor(taken["index"], squares)
    interpreter.invoke()
    found = [interpreter.get_tensor(given["index"]) for given in interpreter.get_output_details()]
    expected = read_model(model_path)[0].predict_on_batch(squares)
    for one, name in zip(found, ("logits", "probabilities"), strict=True):
        np.testing.assert_allclose(one, expected[name], atol=1e-3)
    with pytest.raises(RuntimeError, match="to resize dimension 1"):
        interpreter.resize_tensor_input(taken["index"], (1, 17, 17, 3), strict=True)

    (given,) = onnxruntime.InferenceSession((exported / "model.onnx").read_bytes()).get_inputs()
    assert given.shape[1:] == [48, 48, 3]
    signature = tf.saved_model.load(exported / "saved_model").signatures["serving_default"]
    assert signature.structured_input_signature[1]["pictures"].shape.as_list() == [None, 48, 48, 3]


@pytest.mark.parametrize("name", FORMATS)
def test_real_crops(exported, model_path, name, real_files):
    photos = [read_upright_pixels(path) for path in sorted((real_files / "boxes").rglob("*.jpg"))[:4]]
    squares = np.stack([crop_square(photo, Box(20, 30, 200, 150), 1.1, 48) for photo in photos])
    found = RUNNERS[name](exported, squares)
    np.testing.assert_allclose(found, balanced_logits(build("mixed_float16"), squares), atol=1e-3)
    assert np.abs(found[0] - found[1]).max() > 0.01


def test_metadata_goes_along(exported, model_path):
    import onnx

    stated = json.loads((exported / "mood.json").read_text(encoding="utf-8"))
    assert stated["emotions"][3] == {"label": 3, "korean": "편안/안정", "english": "calm"}
    assert stated["temperature"] == read_metadata(model_path).temperature
    inside = {entry.key: entry.value for entry in onnx.load(exported / "model.onnx").metadata_props}
    assert json.loads(inside["mood.json"]) == stated
    assert sorted(path.name for path in exported.iterdir()) == [
        "model.onnx",
        "model.tflite",
        "mood.json",
        "saved_model",
    ]
    assert not list(model_path.parent.glob("*.partial")) and not list(model_path.parent.glob(".*"))


def test_probabilities_are_exported_too(exported, model_path):
    import onnxruntime

    squares = make_squares(5, 2, 48)
    session = onnxruntime.InferenceSession((exported / "model.onnx").read_bytes())
    found = session.run(["probabilities"], {"pictures": squares})[0]
    expected = read_model(model_path)[0].predict_on_batch(squares)["probabilities"]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_difference_leaves_nothing_behind(model_path, tmp_path):
    model = read_mood_export(model_path)._replace(tolerances={"logits": -1.0})  # nothing is that near
    with pytest.raises(DataError, match="as onnx its logits differ by"):
        export_model(model, tmp_path / "out", {"onnx": "model.onnx"}, [make_squares(1, 1, 48)], model_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("invert", [False, True])
def test_normalization_becomes_rescaling(invert):
    inner = keras.Sequential([keras.Input((None, None, 3)), keras.layers.Normalization(invert=invert, name="inner")])
    pictures = keras.Input((None, None, 3))
    stated = keras.layers.Normalization(mean=[1.0, 2.0, 3.0], variance=[4.0, 0.0, 9.0], name="stated")
    x = keras.layers.Conv2D(3, 1, name="conv")(stated(pictures))
    model = keras.Model(pictures, inner(x))
    inner.get_layer("inner").set_weights([np.float32([0.5, -1, 2]), np.float32([2, 3, 0.25]), np.int32(9)])
    apply_normalization_statistics(model)
    squares = make_squares(1, 2, 8).astype(np.float32)
    plain = replace_normalization(model)
    np.testing.assert_allclose(plain(squares), model(squares), rtol=1e-4)
    assert not [part for part in plain._flatten_layers() if isinstance(part, keras.layers.Normalization)]


def test_efficientnet(tmp_path):
    """Its Normalization is what ONNX trips over; the other formats write it as they write any network."""
    path = tmp_path / "model.keras"
    network = build("float32", "EfficientNetB0", 64)
    write_model(path, network, OFFSET, describe(image_size=64, backbone="EfficientNetB0"))
    squares = [make_squares(1, 2, 64), make_squares(2, 1, 64)]
    differences = export_model(read_mood_export(path), tmp_path / "out", {"onnx": "model.onnx"}, squares, path)
    assert list(differences) == ["onnx"] and differences["onnx"] < 1e-3
    np.testing.assert_allclose(run_onnx(tmp_path / "out", squares[0]), balanced_logits(network, squares[0]), atol=1e-3)


def test_rows_that_are_as_good_as_equal_may_change_places():
    expected = {"scores": np.array([[0.9, 0.5, 0.49999]]), "boxes": np.array([[[1.0, 1], [2, 2], [3, 3]]])}
    found = {"scores": np.array([[0.9, 0.50001, 0.5]]), "boxes": np.array([[[1.0, 1], [3, 3], [2, 2]]])}
    sorted_alike = export_formats._sort_alike(found, expected, "scores", "boxes")
    np.testing.assert_array_equal(sorted_alike["boxes"], expected["boxes"])
    found["boxes"][0, 2] = 9  # another box
    assert (export_formats._sort_alike(found, expected, "scores", "boxes")["boxes"] != expected["boxes"]).any()
