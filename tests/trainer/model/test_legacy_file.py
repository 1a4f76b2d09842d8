"""Weights from .h5 files as Keras 2 wrote them: the layout of ModelCheckpoint's whole models, and of weights alone."""

import json
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

from shards.errors import CallError
from tests.trainer.model.test_backbone_file import PICTURES, make_adapted, save
from trainer.inference import main as infer
from trainer.model.network import build_network, find_backbone
from trainer.settings import NetworkSettings

KERAS_2_NAMES = {"DepthwiseConv2D": {"kernel": "depthwise_kernel"}}


def write_legacy(path: Path, backbone: keras.Model, group: str, config: dict | None, nested: bool) -> Path:
    """A file of a backbone and a head of six moods, with the names that Keras 2 gave to groups and arrays."""
    with h5py.File(path, "w") as file:
        if config is not None:
            file.attrs["keras_version"], file.attrs["backend"] = b"2.10.0", b"tensorflow"
            file.attrs["model_config"] = json.dumps(config).encode()
            file.create_dataset("optimizer_weights/Adam/block1_conv/kernel/m:0", data=np.zeros((3, 3, 3, 8)))
        for layer in backbone.layers:
            names = KERAS_2_NAMES.get(type(layer).__name__, {})
            for variable in layer.weights:
                above = backbone.name if nested else layer.name
                name = f"{group}{above}/{layer.name}/{names.get(variable.name, variable.name)}:0"
                file.create_dataset(name, data=np.asarray(variable))
        file.create_dataset(f"{group}dense/dense/kernel:0", data=np.ones((16, 6), np.float32))
    return path


def rescale_by_colour(scale: list[float]) -> dict:
    """The part of a config that matters: EfficientNet's two Rescaling layers, of which the second is by colour."""
    rescaling = [{"class_name": "Rescaling", "config": {"scale": each}} for each in (1 / 255, scale)]
    return {"class_name": "Functional", "config": {"layers": rescaling}}


@pytest.mark.parametrize(
    ("group", "config", "nested"),
    [
        ("model_weights/", {"class_name": "Functional", "config": {}}, False),
        ("model_weights/", {"class_name": "Sequential", "config": {}}, True),
        ("", None, False),  # save_weights
    ],
)
def test_a_whole_model_and_weights_alone(group, config, nested, tmp_path):
    stored = keras.saving.load_model(save(tmp_path / "a.keras", make_adapted()))
    path = write_legacy(tmp_path / "학생.h5", stored, group, config, nested)
    blank = tmp_path / "b.keras"
    keras.models.clone_model(stored).save(blank)  # other weights, and colours as nobody adapted to
    backbone = find_backbone(build_network(NetworkSettings(str(blank), str(path)), 64))
    pixels = PICTURES.astype("float32")
    np.testing.assert_allclose(backbone(pixels), stored(pixels), rtol=1e-4, atol=1e-4)


def test_the_numbers_that_keras_adds_to_names_of_its_own(tmp_path):
    """A notebook's third model has a normalization_2; blocks that have the number as their own name stay apart."""
    stored = keras.saving.load_model(save(tmp_path / "a.keras", make_adapted()))
    path = write_legacy(tmp_path / "a.h5", stored, "", None, False)
    with h5py.File(path, "r+") as file:
        (own,) = [name for name in file if name.startswith("normalization")]
        file["normalization_7/normalization_7"] = file[f"{own}/{own}"]
        del file[own]
    backbone = find_backbone(build_network(NetworkSettings(str(tmp_path / "a.keras"), str(path)), 64))
    np.testing.assert_allclose(backbone(PICTURES.astype("float32")), stored(PICTURES.astype("float32")), rtol=1e-4)


def test_the_real_architecture_with_imagenets_extra_scaling(tmp_path):
    """MobileNetV3's depthwise kernels have another name in Keras 2; EfficientNet's colours are scaled once more."""
    keras.utils.set_random_seed(5)
    whole = keras.applications.MobileNetV3Small(include_top=False, weights=None, input_shape=(None, None, 3))
    path = write_legacy(tmp_path / "a.hdf5", whole, "model_weights/", {"class_name": "Functional", "config": {}}, False)
    found = find_backbone(build_network(NetworkSettings("MobileNetV3Small", str(path)), 64))
    for one, expected in zip(found.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_array_equal(one, expected)

    stored = keras.saving.load_model(save(tmp_path / "b.keras", make_adapted()))
    scale = [2.0, 1.5, 0.5]
    path = write_legacy(tmp_path / "b.h5", stored, "model_weights/", rescale_by_colour(scale), False)
    backbone = find_backbone(build_network(NetworkSettings(str(tmp_path / "b.keras"), str(path)), 64))
    np.testing.assert_allclose(backbone.layers[1](PICTURES), stored.layers[1](PICTURES) * np.float32(scale), rtol=1e-4)


def test_files_that_hold_something_else(tmp_path, small_weights):
    stored = keras.saving.load_model(save(tmp_path / "a.keras", make_adapted()))
    path = write_legacy(tmp_path / "a.h5", stored, "model_weights/", None, False)
    with pytest.raises(CallError, match=r"a\.h5: has \(3, 3, 3, 8\) for block1_conv/kernel, which in small is"):
        build_network(NetworkSettings("small", str(path)), 64)
    with pytest.raises(CallError, match=r"a\.h5: lacks .*give the --backbone that was saved"):
        build_network(NetworkSettings("MobileNetV2", str(path)), 64)
    (tmp_path / "b.h5").write_bytes(path.read_bytes()[:3000])
    with pytest.raises(CallError, match=r"b\.h5 cannot be read as HDF5"):
        build_network(NetworkSettings("small", str(tmp_path / "b.h5")), 64)
    with pytest.raises(CallError, match=r"none\.h5 does not exist"):
        build_network(NetworkSettings("small", "none.h5"), 64)
    with pytest.raises(CallError, match=r"a\.h5: a file of Keras 2 does not say how .*train from it, with --weights"):
        infer(["--weight_path", str(path), "--image", "x.jpg"])
