"""The backbones that can be trained: their names, the pixel range that each expects, and their weights."""

import re
from pathlib import Path
from typing import Any, NamedTuple

import keras
from keras import layers

from shards.errors import CallError, describe_error
from trainer.model.foreign_files.backbone_file import copy_untrained, read_backbone_file
from trainer.model.foreign_files.legacy_file import is_legacy_file, load_legacy_weights
from trainer.model.keras_defaults import load_keras_file
from trainer.model.model_copy import copy_model
from trainer.network_settings import (
    BACKBONE_SUFFIX,
    SMALL_BACKBONE,
    NetworkSettings,
    refuse_small_imagenet,
    refuse_unknown_backbone,
)

# BatchNormalization's momentum when training from scratch. Weights change fast then, and at Keras' own 0.99 the moving
# statistics would lag behind them.
SCRATCH_MOMENTUM = 0.9

_RAW_PIXELS = (1.0, 0.0)  # scale and offset of pixels in 0..255
_FROM_MINUS_ONE_TO_ONE = (1 / 127.5, -1.0)
_IMAGENET_MEAN, _IMAGENET_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of colours in 0..1
# The setting `pixels` -> scale and offset.
_PIXELS = {
    "byte": _RAW_PIXELS,
    "unit": (1 / 255, 0.0),
    "signed": _FROM_MINUS_ONE_TO_ONE,
    "imagenet": (
        [1 / 255 / deviation for deviation in _IMAGENET_DEVIATION],
        [-mean / deviation for mean, deviation in zip(_IMAGENET_MEAN, _IMAGENET_DEVIATION, strict=True)],
    ),
}
# Pattern of names -> the pixel range that this backbone expects. The first three families scale pixels themselves.
_PIXEL_RANGES = {
    r"EfficientNet(B[0-7]|V2(B[0-3]|S|M|L))": _RAW_PIXELS,
    r"MobileNetV3(Small|Large)": _RAW_PIXELS,
    r"ConvNeXt(Tiny|Small|Base|Large|XLarge)": _RAW_PIXELS,
    r"(MobileNet|MobileNetV2|ResNet(50|101|152)V2|InceptionV3|Xception|NASNetMobile)": _FROM_MINUS_ONE_TO_ONE,
}


class ScaledBackbone(NamedTuple):
    """A backbone without its top, for pictures of any size, and what brings pixels in 0..255 to what it expects."""

    model: keras.Model
    scale: Any  # a number, or one for each colour
    offset: Any


def build_backbone(settings: NetworkSettings) -> ScaledBackbone:
    """The backbone in the current dtype policy.

    Raises CallError where it is unknown, and where its weights cannot be read or downloaded, or are those of another.
    """
    policy = keras.config.dtype_policy().name
    if settings.backbone_file:
        return _build_from_file(settings, settings.backbone_file, policy)
    scaling = _find_pixel_range(settings.backbone)
    return ScaledBackbone(_build_by_name(settings, policy), *scaling)


def _build_from_file(settings: NetworkSettings, path: Path, policy: str) -> ScaledBackbone:
    stored = read_backbone_file(path)
    scaling = stored.scaling if settings.pixels == "auto" else _PIXELS[settings.pixels]
    if scaling is None:
        raise CallError(
            f"backbone {path} does not begin with a Rescaling or Normalization, so which pixels it takes is not known; "
            "say so: --pixels byte (0 to 255), unit (0 to 1), signed (-1 to 1) or imagenet"
        )
    model = stored.model
    if settings.from_scratch:
        model = copy_untrained(model, SCRATCH_MOMENTUM)
    elif settings.weights_file and is_legacy_file(settings.weights_file):
        load_legacy_weights(model, settings.weights_file, settings.backbone)
    elif settings.weights_file:
        model = _read_weights(settings.weights_file, model.name, settings.backbone)
    return ScaledBackbone(copy_model(model, policy), *scaling)


def _find_pixel_range(backbone: str) -> tuple[float, float]:
    if backbone == SMALL_BACKBONE:
        return _FROM_MINUS_ONE_TO_ONE
    refuse_unknown_backbone(backbone)
    return next(numbers for names, numbers in _PIXEL_RANGES.items() if re.fullmatch(names, backbone))


def _build_by_name(settings: NetworkSettings, policy: str) -> keras.Model:
    name = settings.backbone
    if settings.from_scratch:
        return copy_model(_build_untrained(name), policy, momentum=SCRATCH_MOMENTUM)
    if settings.weights_file and is_legacy_file(settings.weights_file):
        untrained = _build_untrained(name)
        load_legacy_weights(untrained, settings.weights_file, name)
        return copy_model(untrained, policy)
    if settings.weights_file:
        return copy_model(_read_weights(settings.weights_file, _build_untrained(name).name, name), policy)
    if name == SMALL_BACKBONE:
        refuse_small_imagenet()
    return _fetch_imagenet(name)


def _build_untrained(name: str) -> keras.Model:
    """A backbone with random weights."""
    if name != SMALL_BACKBONE:
        return getattr(keras.applications, name)(include_top=False, weights=None, input_shape=(None, None, 3))
    x = pictures = keras.Input((None, None, 3))
    for block, width in enumerate((16, 32, 64, 96), start=1):
        x = layers.Conv2D(width, 3, strides=2, padding="same", use_bias=False, name=f"block{block}_conv")(x)
        x = layers.BatchNormalization(name=f"block{block}_norm")(x)
        x = layers.Activation("relu", name=f"block{block}_relu")(x)
    return keras.Model(pictures, x, name=SMALL_BACKBONE)


def _fetch_imagenet(name: str) -> keras.Model:
    """A backbone with ImageNet weights, which Keras downloads once and keeps in its cache."""
    try:
        build = getattr(keras.applications, name)
        return build(include_top=False, weights="imagenet", input_shape=(None, None, 3))
    except Exception as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[-1]
        raise CallError(
            f"the imagenet weights of {name} cannot be fetched ({reason}); on a machine with a network "
            f"save keras.applications.{name}(include_top=False, input_shape=(None, None, 3)) as a .keras "
            "file and give it with --weights FILE, or train from scratch: --weights none --probe.epochs 0"
        ) from error


def _read_weights(path: Path, model_name: str, name: str) -> keras.Model:
    """The backbone in a .keras file, which is either a backbone itself or the model of a run.

    `model_name` is what the model of the backbone `name` of the settings is called.
    """
    if not path.is_file() or path.suffix != BACKBONE_SUFFIX:
        what = "is no .keras file" if path.exists() else "does not exist"
        raise CallError(
            f"weights {path} {what}; give imagenet, none, a .keras file of a run or of a "
            "backbone, or an .h5 file of Keras 2"
        )
    try:
        model = load_keras_file(path)
    except Exception as error:
        raise CallError(f"weights {path} cannot be loaded: {describe_error(error)}") from error
    backbone = next((layer for layer in model.layers if isinstance(layer, keras.Model)), model)
    if backbone.name != model_name:
        raise CallError(f"weights {path} hold the backbone {backbone.name}, the settings say {name}; make them agree")
    if len(backbone.output_shape) != 4:
        raise CallError(f"weights {path} end in {backbone.output_shape}; save the backbone with include_top=False")
    return backbone
