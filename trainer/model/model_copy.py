"""Copies of a model in another precision."""

from typing import Any

import keras
from keras import layers


def copy_model(model: keras.Model, policy: str, momentum: float | None = None) -> keras.Model:
    """A model of the same layers and weights in another dtype policy.

    Args:
        model: a functional model.
        policy: name of a dtype policy, such as mixed_float16.
        momentum: where given, the momentum of every BatchNormalization in the copy.
    """

    def change(config: Any) -> Any:
        if isinstance(config, list | tuple):
            return type(config)(change(part) for part in config)
        if not isinstance(config, dict):
            return config
        if config.get("class_name") == "DTypePolicy":
            return {**config, "config": {"name": policy}}
        changed = {name: change(part) for name, part in config.items()}
        if momentum is not None and changed.get("class_name") == "BatchNormalization":
            changed["config"]["momentum"] = momentum
        return changed

    copy = type(model).from_config(change(model.get_config()))
    copy.set_weights(model.get_weights())
    return apply_normalization_statistics(copy)


def apply_normalization_statistics(model: keras.Model) -> keras.Model:
    """Let each Normalization layer use the mean and variance that are among its weights; returns the model.

    Keras does so when it loads a file, but not in set_weights.
    """
    for layer in flatten_layers(model):
        if isinstance(layer, layers.Normalization):
            layer.finalize_state()
    return model


def flatten_layers(model: keras.Model) -> list[layers.Layer]:
    """All layers of a model, with those of the models in it in their place."""
    found: list[layers.Layer] = []
    for layer in model.layers:
        found += flatten_layers(layer) if isinstance(layer, keras.Model) else [layer]
    return found
