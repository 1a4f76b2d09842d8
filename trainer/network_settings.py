"""Which network is trained and where its weights come from. Light: neither Keras nor TensorFlow."""

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from shards.errors import CallError

Pixels = Literal["auto", "byte", "unit", "signed", "imagenet"]
BACKBONE_SUFFIX = ".keras"
SMALL_BACKBONE = "small"  # four convolutions, for the demo and for tests
KNOWN_BACKBONES = (  # by name; all but the first are of keras.applications
    SMALL_BACKBONE,
    *("ConvNeXtTiny", "ConvNeXtSmall", "ConvNeXtBase", "ConvNeXtLarge", "ConvNeXtXLarge"),
    *(f"EfficientNetB{size}" for size in range(8)),
    *(f"EfficientNetV2{size}" for size in ("B0", "B1", "B2", "B3", "S", "M", "L")),
    *("MobileNet", "MobileNetV2", "MobileNetV3Small", "MobileNetV3Large", "NASNetMobile", "InceptionV3", "Xception"),
    *("ResNet50V2", "ResNet101V2", "ResNet152V2"),
)
_WEIGHTS = ("imagenet", "none")  # those that are no file
LEGACY_SUFFIXES = (".h5", ".hdf5")  # of Keras 2


@dataclass(frozen=True)
class NetworkSettings:
    """What is trained, and from which weights; TrainSettings describes the fields."""

    backbone: str = "EfficientNetB0"
    weights: str = "imagenet"
    dropout: float = 0.2
    pixels: Pixels = "auto"

    @property
    def from_scratch(self) -> bool:
        return self.weights == "none"

    @property
    def backbone_file(self) -> Path | None:
        """The .keras file of the backbone; None where it is one of those that are known by name."""
        return Path(self.backbone) if self.backbone.lower().endswith(BACKBONE_SUFFIX) else None

    @property
    def weights_file(self) -> Path | None:
        """The file of the weights, where it is another one than that of the backbone."""
        return None if self.weights in _WEIGHTS else Path(self.weights)

    @property
    def origin(self) -> str:
        """Where the weights come from, in words: imagenet, none, a path, or `backbone` for those of its file."""
        return "backbone" if self.backbone_file and self.weights == "imagenet" else self.weights

    def check(self) -> None:
        """Raises CallError where a setting contradicts another, or names no file; without reading it."""
        if self.backbone_file and not self.backbone_file.is_file():
            raise CallError(f"backbone {self.backbone} does not exist; give a .keras file, or a backbone by its name")
        if not self.backbone_file:
            refuse_unknown_backbone(self.backbone)
        if self.backbone == SMALL_BACKBONE and self.weights == "imagenet":
            refuse_small_imagenet()
        is_missing = self.weights_file and not self.weights_file.exists()
        if is_missing and (meant := get_close_matches(self.weights, _WEIGHTS, 1, 0.7)):
            raise CallError(f"--weights {self.weights} does not exist; did you mean {meant[0]}?")
        if self.pixels != "auto" and not self.backbone_file:
            raise CallError(f"pixels {self.pixels} is for a backbone from a file; of {self.backbone} they are known")


def refuse_unknown_backbone(name: str) -> None:
    """Raise CallError for a backbone of another name, with the nearest that is known."""
    if name in KNOWN_BACKBONES:
        return
    spellings = {known.lower(): known for known in KNOWN_BACKBONES}
    if near := get_close_matches(name.lower(), list(spellings), 1, 0.75):
        raise CallError(f"backbone {name!r} is unknown; did you mean {spellings[near[0]]}?")
    raise CallError(f"backbone {name!r} is unknown; choose one of {', '.join(KNOWN_BACKBONES)}, or give a .keras file")


def refuse_small_imagenet() -> None:
    """Raise CallError: that backbone is this project's own."""
    raise CallError("the small backbone has no imagenet weights; give --weights none --probe.epochs 0")
