"""Networks that behave as trained ones do, as far as tests of files care: no weight is left as it was made."""

import keras
import numpy as np

from trainer.model.model_copy import apply_normalization_statistics, copy_model
from trainer.model.mood_json import Metadata
from trainer.model.network import build_network
from trainer.settings import NetworkSettings

SIZE = 48
PRIOR = [0.05, 0.01, 0.24, 0.6, 0.06, 0.04]
OFFSET = np.log(PRIOR)


def describe(**changes) -> Metadata:
    values = {"temperature": 1.7, "image_size": SIZE, "crop_grow": 1.1, "prior": PRIOR, "dataset": "f" * 64}
    return Metadata(**(values | {"backbone": "small", "trained": {"resolution": 32, "이름": "시험"}} | changes))


def make_squares(seed: int, count: int, side: int) -> np.ndarray:
    """Coloured fields and noise, (count, side, side, 3) uint8."""
    rng = np.random.default_rng(seed)
    place = np.arange(side) * 7 // side
    fields = rng.integers(0, 256, (count, 7, 7, 3))[:, place][:, :, place]
    return np.clip(fields + rng.normal(0, 10, (count, side, side, 3)), 0, 255).astype(np.uint8)


def perturb(network: keras.Model, seed: int = 0) -> keras.Model:
    """Every weight moved, BatchNormalization's statistics those of pictures: a deep network forgets its input else."""
    rng = np.random.default_rng(seed)
    model = copy_model(network, "float32", momentum=0.0)
    for weight in model.trainable_weights:
        value = np.asarray(weight)
        noise = rng.normal(0, 0.1, value.shape)
        weight.assign(value * (1 + noise) + (noise if value.ndim == 1 or "mood" in weight.path else 0))
    for weight in model.weights:
        if weight.path.endswith("normalization/mean"):
            weight.assign([0.1, 0.2, -0.1])
        elif weight.path.endswith("normalization/variance"):
            weight.assign([0.8, 1.5, 0.9])
    apply_normalization_statistics(model)(make_squares(seed, 16, model.input_shape[1]), training=True)
    for weight in model.weights:
        if weight.path.endswith("moving_variance"):  # of few pictures: some are as good as 0
            weight.assign(np.maximum(weight, np.mean(weight)))
    network.set_weights(model.get_weights())
    return apply_normalization_statistics(network)


def build(policy: str = "float32", backbone: str = "small", resolution: int = 32) -> keras.Model:
    """A network with random weights, the same at every call."""
    before = keras.config.dtype_policy()
    keras.utils.set_random_seed(1)
    keras.config.set_dtype_policy(policy)
    try:
        return perturb(build_network(NetworkSettings(backbone, "none"), resolution))
    finally:
        keras.config.set_dtype_policy(before)


def balanced_logits(network: keras.Model, squares: np.ndarray) -> np.ndarray:
    """What a model file has to give: the network's layers, one after the other, in float32, less the offset."""
    x = keras.ops.convert_to_tensor(squares)
    for layer in apply_normalization_statistics(copy_model(network, "float32")).layers[1:]:
        x = layer(x, training=False) if isinstance(layer, keras.Model) else layer(x)
    return np.asarray(x) - OFFSET
