"""A backbone from a .keras file: any functional model from pictures to a map of features, whoever saved it.

It may also be the model.keras of a run, whose backbone is taken, with the scaling in front of it.
"""

from pathlib import Path
from typing import Any, NamedTuple

import keras
from keras import layers

from shards.errors import CallError, describe_error
from trainer.model.keras_defaults import load_keras_file
from trainer.model.model_copy import flatten_layers

Scaling = tuple[Any, Any]  # scale and offset of pixels in 0..255, each a number or one for each colour

_RAW: Scaling = (1.0, 0.0)
_SCALE_LAYER = "scale"  # of a run's network, in front of its backbone


class StoredBackbone(NamedTuple):
    """What a file holds. `scaling` is what has to be in front of the model; None where the file does not show it."""

    model: keras.Model
    scaling: Scaling | None


def read_backbone_file(path: Path) -> StoredBackbone:
    """The backbone in a file, for pictures of any size.

    Pixels are taken to be 0..255 where the backbone begins with a Rescaling or Normalization of its own. Raises
    CallError where there is no file, Keras cannot load it, or it is no backbone.
    """
    what = f"backbone {path}"
    if not path.is_file():
        raise CallError(f"{what} {'is no file' if path.exists() else 'does not exist'}; give a .keras file")
    try:
        whole = load_keras_file(path)
    except Exception as error:
        raise CallError(f"{what} cannot be loaded: {describe_error(error)}") from error
    if isinstance(whole, keras.Sequential):
        whole = keras.Model(whole.inputs, whole.outputs, name=whole.name)
    if not isinstance(whole, keras.Model) or not hasattr(whole, "operations"):
        raise CallError(f"{what} is no functional model; save one from keras.Input to the last map of features")
    inner = _find_inner(whole)
    model = inner or whole
    _check_shapes(model, what)
    model = _free_sides(model, what)
    if inner is not None:
        scale = next((layer for layer in whole.layers if layer.name == _SCALE_LAYER), None)
        if isinstance(scale, layers.Rescaling):
            return StoredBackbone(model, (scale.scale, scale.offset))
    return StoredBackbone(model, _RAW if _scales_itself(model) else None)


def copy_untrained(model: keras.Model, momentum: float) -> keras.Model:
    """A model of the same layers with new random weights; what it knows of the pixels' range stays.

    `momentum` is that of every BatchNormalization in the copy.
    """
    config = model.get_config()
    _replace(config, "BatchNormalization", lambda of_layer: of_layer | {"momentum": momentum})
    copy = type(model).from_config(config)
    for new, old in zip(flatten_layers(copy), flatten_layers(model), strict=True):
        if isinstance(new, layers.Normalization):
            new.set_weights(old.get_weights())
            new.finalize_state()
    return copy


def _find_inner(model: keras.Model) -> keras.Model | None:
    """The backbone in the model of a run, or in another one that has pooling and an answer behind it."""
    if len(model.outputs) == 1 and len(model.outputs[0].shape) == 4:
        return None
    return next((layer for layer in model.layers if isinstance(layer, keras.Model)), None)


def _free_sides(model: keras.Model, what: str) -> keras.Model:
    """The model for pictures of any size: one that was saved for 224 pixels has to see whole crops of 256 too."""
    if model.inputs[0].shape[1:3] == (None, None):
        return model
    config = model.get_config()
    _replace(config, "InputLayer", lambda of_layer: of_layer | {"batch_shape": (None, None, None, 3)})
    try:
        free = type(model).from_config(config)
        free.set_weights(model.get_weights())
    except Exception as error:
        sides = "x".join(map(str, model.inputs[0].shape[1:3]))
        raise CallError(
            f"{what} takes pictures of {sides} pixels alone ({describe_error(error)}); save it for any size, with "
            "keras.Input((None, None, 3))"
        ) from error
    for layer in flatten_layers(free):
        if isinstance(layer, layers.Normalization):
            layer.finalize_state()
    return free


def _replace(config: Any, class_name: str, change: Any) -> None:
    """Change the config of every layer of a class, in place."""
    if isinstance(config, list | tuple):
        for part in config:
            _replace(part, class_name, change)
    elif isinstance(config, dict):
        if config.get("class_name") == class_name and isinstance(config.get("config"), dict):
            config["config"] = change(config["config"])
        for part in config.values():
            _replace(part, class_name, change)


def _check_shapes(model: keras.Model, what: str) -> None:
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise CallError(
            f"{what} has {len(model.inputs)} inputs and {len(model.outputs)} outputs; a backbone has one each"
        )
    taken, given = model.inputs[0].shape, model.outputs[0].shape
    if len(taken) != 4 or taken[-1] != 3:
        raise CallError(f"{what} takes {taken}, not pictures (batch, height, width, 3)")
    if len(given) != 4:
        raise CallError(
            f"{what} ends in {given}, not in a map of features; save it without its top (include_top=False)"
        )


def _scales_itself(model: keras.Model) -> bool:
    """Whether pixels are scaled before the first layer that learns."""
    for layer in flatten_layers(model):
        if isinstance(layer, layers.Rescaling | layers.Normalization):
            return True
        if layer.weights:
            return False
    return False
