"""Keras' global settings, as this project relies on them."""

import keras


def set_keras_defaults() -> None:
    """Override what the user's ~/.keras/keras.json may say about image layout, float type and epsilon."""
    keras.config.set_image_data_format("channels_last")
    keras.config.set_floatx("float32")
    keras.config.set_epsilon(1e-7)
