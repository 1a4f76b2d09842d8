"""Weights from an .h5 file of Keras 2: a whole model as ModelCheckpoint saved it, or its weights alone.

Only the backbone's weights are read, by the names of its layers, so the file may hold any head, and the backbone may
lie in it as a layer or spread out. No code in the file is run.
"""

import json
import re
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
from keras import layers

from shards.errors import CallError, describe_error
from trainer.model.model_copy import flatten_layers
from trainer.network_settings import LEGACY_SUFFIXES

_OPTIMIZER = "optimizer_weights"
_NUMBER = re.compile(r"_\d+$")
_OTHER_NAMES = {"kernel": "depthwise_kernel"}  # of a DepthwiseConv2D, in Keras 2


def is_legacy_file(path: Path) -> bool:
    return path.suffix.lower() in LEGACY_SUFFIXES


def load_legacy_weights(backbone: keras.Model, path: Path, name: str) -> None:
    """Set all weights of a backbone, which the settings call `name`, to those in a file.

    Raises CallError where there is no such file, it is damaged, or it holds another backbone.
    """
    if not path.is_file():
        raise CallError(f"weights {path} {'is no file' if path.exists() else 'does not exist'}; give an .h5 file")
    try:
        with h5py.File(path) as file:
            arrays, scales = _list_arrays(file), _find_colour_scales(file)
            found = [
                [_find_array(arrays, layer, variable, path, name) for variable in layer.weights]
                for layer in flatten_layers(backbone)
            ]
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise CallError(f"weights {path} cannot be read as HDF5: {describe_error(error)}") from error
    for layer, weights in zip(flatten_layers(backbone), found, strict=True):
        layer.set_weights(weights)
        if isinstance(layer, layers.Normalization):
            # With ImageNet's weights, Keras puts a Rescaling by colour behind EfficientNet's Normalization, which one
            # that is built without them lacks. (x - mean) / sqrt(variance) * scale is the same with another variance.
            for scale in () if _scales_colours(backbone) else scales:
                layer.adapt_variance.assign(np.asarray(layer.adapt_variance) / np.square(scale))
            layer.finalize_state()


def _list_arrays(file: h5py.File) -> dict[tuple[str, str], h5py.Dataset]:
    """Arrays by the names of layer and weight, of whichever model in the model they are; none is read.

    Those are left out whose numbers would be read from other files: HDF5 lets a file name them.
    """
    found = {}

    def add(name: str, item: Any) -> None:
        parts = name.split("/")
        if not isinstance(item, h5py.Dataset) or item.external or item.is_virtual:
            return
        if parts[0] != _OPTIMIZER and len(parts) > 1:
            found[parts[-2], parts[-1].split(":")[0]] = item

    file.visititems(add)
    return found


def _find_array(
    arrays: dict[tuple[str, str], h5py.Dataset], layer: layers.Layer, variable: Any, path: Path, name: str
) -> np.ndarray:
    shape = tuple(variable.shape)
    own_names = (layer.name, *_name_alike(layer.name, arrays))
    names = [(own, each) for own in own_names for each in (variable.name, _OTHER_NAMES.get(variable.name))]
    array = next((arrays[each] for each in names if each in arrays), None)
    if array is not None and [side for side in array.shape if side > 1] == [side for side in shape if side > 1]:
        return array[()].reshape(shape)  # read only now: a file may state arrays of any size
    if variable.name == "count":  # of a Normalization: how much it has seen, on which nothing depends
        return np.zeros(shape)
    has = f"has {array.shape} for" if array is not None else "lacks"
    raise CallError(
        f"weights {path}: {has} {layer.name}/{variable.name}, which in {name} is {shape}; give the --backbone that was "
        "saved"
    )


def _name_alike(layer: str, arrays: dict[tuple[str, str], np.ndarray]) -> list[str]:
    """The one layer of the file that is called like `layer` but for the number that Keras adds to a name of its own.

    The number counts the layers of that kind that a process made: a notebook's second model has a normalization_1.
    """
    plain = _NUMBER.sub("", layer)
    alike = {name for name, _ in arrays if _NUMBER.sub("", name) == plain}
    return list(alike) if len(alike) == 1 else []


def _scales_colours(backbone: keras.Model) -> bool:
    return any(isinstance(each, layers.Rescaling) and np.size(each.scale) == 3 for each in flatten_layers(backbone))


def _find_colour_scales(file: h5py.File) -> list[np.ndarray]:
    """The scales of all Rescaling layers that scale each colour by another number, in the file's model."""
    text = file.attrs.get("model_config")
    return _list_scales(json.loads(text)) if text is not None else []


def _list_scales(config: Any) -> list[np.ndarray]:
    if isinstance(config, list):
        return [scale for part in config for scale in _list_scales(part)]
    if not isinstance(config, dict):
        return []
    if config.get("class_name") == "Rescaling":
        scale = np.ravel(config["config"].get("scale", 1.0))
        return [scale.astype(float)] if scale.size == 3 else []
    return [scale for part in config.values() for scale in _list_scales(part)]
