"""TensorFlow's JPEG decoder, for those that jpeg_window leaves to others: it decodes a region at a scale of any JPEG.

`import tensorflow` takes 3 s and 0.8 GB, because it imports Keras and all the rest. The decoder can be imported alone,
past the package's own __init__, in 0.4 s and 0.5 GB, of which workers share most. A process that has done so cannot
import the rest any more: it must promise that it will not need it.
"""

import importlib.util
import os
import sys
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # no start-up notes; must be set before TensorFlow is imported

_PACKAGE = "tensorflow"
_alone = False


class Decoder(NamedTuple):
    """What is used of TensorFlow."""

    make_tensor: Callable[[Any], Any]  # tf.constant
    decode_and_crop: Callable[..., Any]  # tf.io.decode_and_crop_jpeg
    error: type[Exception]  # tf.errors.InvalidArgumentError, of a scan that cannot be decoded

    def decode(self, data: bytes, window: tuple[int, int, int, int], ratio: int) -> np.ndarray:
        """A window of a JPEG, (height, width, 3) uint8 RGB, read-only. Raises `error`.

        The window is (top, left, height, width) in pixels of the image scaled by 1 / ratio.
        """
        # Values that are no tensors, and the default of acceptable_fraction, a whole number, fail TensorFlow's fast way
        # from Python to the op; it then goes a slow one.
        pixels = self.decode_and_crop(
            self.make_tensor(data),
            self.make_tensor(window),
            channels=3,
            ratio=ratio,
            acceptable_fraction=1.0,
            dct_method="INTEGER_ACCURATE",  # the same pixels with and without SIMD
        )
        return np.asarray(memoryview(pixels))  # its memory; .numpy() would copy it


def promise_no_more_tensorflow() -> None:
    """Let load_decoder import the decoder alone: this process will not need the rest of TensorFlow."""
    global _alone
    _alone = True


@cache
def load_decoder() -> Decoder:
    """The decoder, imported with the first frame: reading labels alone does without it."""
    if _alone and _PACKAGE not in sys.modules:
        return _load_alone()
    import tensorflow

    return Decoder(tensorflow.constant, tensorflow.io.decode_and_crop_jpeg, tensorflow.errors.InvalidArgumentError)


def _load_alone() -> Decoder:
    # The package without what its __init__ does, except switching on TensorFlow 2.
    sys.modules[_PACKAGE] = importlib.util.module_from_spec(importlib.util.find_spec(_PACKAGE))
    from tensorflow.python import tf2

    tf2.enable()
    from tensorflow.python.framework import constant_op, errors_impl
    from tensorflow.python.ops import gen_image_ops

    return Decoder(constant_op.constant, gen_image_ops.decode_and_crop_jpeg, errors_impl.InvalidArgumentError)
