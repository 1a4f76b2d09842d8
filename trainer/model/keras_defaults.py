"""Keras' global settings, as this project relies on them, and the one way in which it loads a model file."""

from pathlib import Path

import keras


def set_keras_defaults() -> None:
    """Override what the user's ~/.keras/keras.json may say about image layout, float type and epsilon."""
    keras.config.set_image_data_format("channels_last")
    keras.config.set_floatx("float32")
    keras.config.set_epsilon(1e-7)


def load_keras_file(path: Path) -> keras.Model:
    """The model in a .keras file, whoever made it, not compiled. Raises whatever Keras raises.

    In safe mode, whatever this process allowed elsewhere: a Lambda layer, which holds Python code, is refused.
    """
    set_keras_defaults()
    return keras.saving.load_model(path, compile=False, safe_mode=True)
