"""The network: a backbone and, on it, the student's head; where its weights come from and which of its parts learn.

    uint8 pictures -> Rescaling to what the backbone wants -> backbone
        -> GlobalAveragePooling2D -> BatchNormalization -> Dropout -> Dense

Only Keras' own layers and keras.ops, so that every backend runs it and its file loads without this package.
"""

import re
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from shards.emotions import EMOTIONS
from shards.errors import CallError, describe_error
from trainer.settings import NetworkSettings, TrainBase

SMALL_BACKBONE = "small"  # a few convolutions of our own, for the demo and for tests
# What each family of keras.applications wants, from 0..255: scale and offset. The first three scale by themselves.
_INPUTS = {
    r"EfficientNet(B[0-7]|V2(B[0-3]|S|M|L))": (1.0, 0.0),
    r"MobileNetV3(Small|Large)": (1.0, 0.0),
    r"ConvNeXt(Tiny|Small|Base|Large|XLarge)": (1.0, 0.0),
    r"(MobileNet|MobileNetV2|ResNet(50|101|152)V2|InceptionV3|Xception|NASNetMobile)": (1 / 127.5, -1.0),
}
# How the layers of a block are called: ConvNeXt, ResNet, EfficientNet and others, MobileNetV3, MobileNet.
_BLOCKS = (
    r"stage_(\d+)_block_(\d+)",
    r"conv(\d+)_block(\d+)",
    r"(?:^|_)block_?(\d+)",
    r"expanded_conv_(\d+)",
    r"conv_[dp]w_(\d+)",
)
# The bias of a mood that is never answered: its probability is exactly 0 at every temperature, and half precision holds
# it.
_NEVER = -1e4
_QUICK = 0.9  # BatchNormalization's momentum from scratch: its statistics keep up with weights that change fast


def set_defaults() -> None:
    """Have Keras compute as everything here expects, whatever the user's ~/.keras/keras.json says."""
    keras.config.set_image_data_format("channels_last")
    keras.config.set_floatx("float32")
    keras.config.set_epsilon(1e-7)


def build_network(settings: NetworkSettings, resolution: int) -> keras.Model:
    """The network as a functional model: (batch, resolution, resolution, 3) uint8 -> (batch, 6) float32 logits.

    Its layers run in the dtype policy that is set; the last Dense, whose weights start at zero, in float32.
    Raises CallError where the backbone is unknown or its weights cannot be had.
    """
    scale, offset = _find_input(settings.backbone)
    backbone = _build_backbone(settings)
    momentum = _QUICK if settings.from_scratch else 0.99
    pictures = keras.Input((resolution, resolution, 3), dtype="uint8", name="pictures")
    x = backbone(layers.Rescaling(scale, offset, name="scale")(pictures))
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    x = layers.BatchNormalization(momentum=momentum, name="normalize")(x)
    if settings.dropout:
        x = layers.Dropout(settings.dropout, name="dropout")(x)
    logits = layers.Dense(len(EMOTIONS), kernel_initializer="zeros", dtype="float32", name="mood")(x)
    return keras.Model(pictures, logits, name="pet_mood")


def silence(network: keras.Model, prior: np.ndarray) -> None:
    """Have a new network give moods without a share of the prior (6,) no probability; training leaves it at that."""
    bias = network.layers[-1].bias
    bias.assign(np.where(prior > 0, bias, _NEVER))


def connect(network: keras.Model, pictures: Any, frozen: bool = False) -> Any:
    """The network's layers applied to other pictures, of any size or dtype; logits. A frozen base infers, always."""
    x = pictures
    for layer in network.layers[1:]:
        x = InferenceOnly(layer)(x) if frozen and layer is find_backbone(network) else layer(x)
    return x


def bring(pictures: Any, side: int) -> Any:
    """Square pictures, (batch, any side, any side, 3), of another side; as they are where it is theirs."""
    return pictures if pictures.shape[1] == side else Resize(side, dtype="float32")(pictures)


class Resize(layers.Layer):
    """Bilinear, half-pixel centres, as a model file's Resizing does it, to float32.

    A layer of our own, since Resizing takes it upon itself to say whether the layers behind it are training.
    """

    def __init__(self, side: int, **named: Any):
        super().__init__(**named)
        self.side = side

    def call(self, pictures):
        size = (self.side, self.side)
        return ops.image.resize(ops.cast(pictures, "float32"), size, "bilinear", data_format="channels_last")


class InferenceOnly(layers.Layer):
    """A layer in inference mode whatever the model around it does.

    `layer(x, training=False)` while a functional model is built does not do it: fit's training=True replaces it.
    """

    def __init__(self, layer: layers.Layer):
        super().__init__(dtype=layer.dtype_policy)
        self.layer = layer

    def call(self, x):
        return self.layer(x, training=False)


def find_backbone(network: keras.Model) -> keras.Model:
    return next(layer for layer in network.layers if isinstance(layer, keras.Model))


def choose_trainable(network: keras.Model, train_base: TrainBase, from_scratch: bool) -> None:
    """Let the head learn and, of the backbone, nothing, the last block or all.

    BatchNormalization of a pretrained backbone stays frozen: batches of one dataset would ruin its statistics.
    Raises CallError where the last block cannot be told from the layers' names.
    """
    backbone = find_backbone(network)
    backbone.trainable = True
    first = _find_last_block(backbone) if train_base == "last_block" else 0
    for place, layer in enumerate(backbone.layers):
        frozen_statistics = isinstance(layer, layers.BatchNormalization) and not from_scratch
        layer.trainable = train_base != "frozen" and place >= first and not frozen_statistics


def rebuild(model: keras.Model, policy: str, momentum: float | None = None) -> keras.Model:
    """The same layers and weights in another dtype policy, and BatchNormalization with another momentum if given."""

    def rewrite(config: Any) -> Any:
        if isinstance(config, list | tuple):
            return type(config)(rewrite(part) for part in config)
        if not isinstance(config, dict):
            return config
        if config.get("class_name") == "DTypePolicy":
            return {**config, "config": {"name": policy}}
        changed = {name: rewrite(part) for name, part in config.items()}
        if momentum is not None and changed.get("class_name") == "BatchNormalization":
            changed["config"]["momentum"] = momentum
        return changed

    copy = type(model).from_config(rewrite(model.get_config()))
    copy.set_weights(model.get_weights())
    return finalize_normalization(copy)


def finalize_normalization(model: keras.Model) -> keras.Model:
    """Have each Normalization use the statistics among its weights: Keras does so on loading, not on set_weights."""
    for layer in flatten_layers(model):
        if isinstance(layer, layers.Normalization):
            layer.finalize_state()
    return model


def flatten_layers(model: keras.Model) -> list[layers.Layer]:
    """The layers of a model and of the models in it."""
    found: list[layers.Layer] = []
    for layer in model.layers:
        found += flatten_layers(layer) if isinstance(layer, keras.Model) else [layer]
    return found


def _find_input(backbone: str) -> tuple[float, float]:
    if backbone == SMALL_BACKBONE:
        return 1 / 127.5, -1.0
    found = next((numbers for names, numbers in _INPUTS.items() if re.fullmatch(names, backbone)), None)
    if found is None or not hasattr(keras.applications, backbone):
        known = [name for name in dir(keras.applications) if any(re.fullmatch(names, name) for names in _INPUTS)]
        raise CallError(f"backbone {backbone!r} is unknown; choose one of {SMALL_BACKBONE}, {', '.join(known)}")
    return found


def _build_backbone(settings: NetworkSettings) -> keras.Model:
    policy = keras.config.dtype_policy().name
    if settings.weights not in ("none", "imagenet"):
        return rebuild(_read_backbone(Path(settings.weights), settings.backbone), policy)
    if settings.from_scratch:
        return rebuild(_build_empty(settings.backbone), policy, momentum=_QUICK)
    if settings.backbone == SMALL_BACKBONE:
        raise CallError("the small backbone has no imagenet weights; give --weights none --probe.epochs 0")
    try:
        build = getattr(keras.applications, settings.backbone)
        return build(include_top=False, weights="imagenet", input_shape=(None, None, 3))
    except Exception as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[-1]
        raise CallError(
            f"the imagenet weights of {settings.backbone} cannot be fetched ({reason}); on a machine with a network "
            f"save keras.applications.{settings.backbone}(include_top=False, input_shape=(None, None, 3)) as a .keras "
            "file and give it with --weights FILE, or train from scratch: --weights none --probe.epochs 0"
        ) from error


def _build_empty(name: str) -> keras.Model:
    """A backbone with random weights."""
    if name != SMALL_BACKBONE:
        return getattr(keras.applications, name)(include_top=False, weights=None, input_shape=(None, None, 3))
    x = pictures = keras.Input((None, None, 3))
    for block, width in enumerate((16, 32, 64, 96), start=1):
        x = layers.Conv2D(width, 3, strides=2, padding="same", use_bias=False, name=f"block{block}_conv")(x)
        x = layers.BatchNormalization(name=f"block{block}_norm")(x)
        x = layers.Activation("relu", name=f"block{block}_relu")(x)
    return keras.Model(pictures, x, name=SMALL_BACKBONE)


def _read_backbone(path: Path, name: str) -> keras.Model:
    if not path.is_file() or path.suffix != ".keras":
        what = "is no .keras file" if path.exists() else "does not exist"
        raise CallError(f"weights {path} {what}; give imagenet, none, or a .keras file of a run or of a backbone")
    try:
        model = keras.saving.load_model(path, compile=False)
    except Exception as error:
        raise CallError(f"weights {path} cannot be loaded: {describe_error(error)}") from error
    backbone = next((layer for layer in model.layers if isinstance(layer, keras.Model)), model)
    if backbone.name != _build_empty(name).name:
        raise CallError(f"weights {path} hold the backbone {backbone.name}, the settings say {name}; make them agree")
    if len(backbone.output_shape) != 4:
        raise CallError(f"weights {path} end in {backbone.output_shape}; save the backbone with include_top=False")
    return backbone


def _find_last_block(backbone: keras.Model) -> int:
    numbers = [_number_block(layer.name) for layer in backbone.layers]
    if not any(numbers):
        raise CallError(f"train_base last_block: {backbone.name} names no blocks; choose frozen or full")
    return numbers.index(max(numbers))


def _number_block(layer: str) -> tuple[int, ...]:
    found = next((match for pattern in _BLOCKS if (match := re.search(pattern, layer))), None)
    return tuple(map(int, found.groups())) if found else ()
