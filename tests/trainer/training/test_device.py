"""The device: which failures are its memory's."""

import tensorflow as tf

from trainer.training.device import is_out_of_memory


def test_out_of_memory_is_known():
    assert is_out_of_memory(tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor"))
    assert is_out_of_memory(RuntimeError("RESOURCE_EXHAUSTED: Out of memory"))  # as JAX says it
    assert not is_out_of_memory(ValueError("no"))
