"""Which network is trained and where its weights come from. Light: neither Keras nor TensorFlow."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from shards.errors import CallError

Pixels = Literal["auto", "byte", "unit", "signed", "imagenet"]
BACKBONE_SUFFIX = ".keras"
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
        return None if self.weights in ("imagenet", "none") else Path(self.weights)

    @property
    def origin(self) -> str:
        """Where the weights come from, in words: imagenet, none, a path, or `backbone` for those of its file."""
        return "backbone" if self.backbone_file and self.weights == "imagenet" else self.weights

    def check(self) -> None:
        """Raises CallError where a setting contradicts another, or names no file; without reading it."""
        if self.backbone_file and not self.backbone_file.is_file():
            raise CallError(f"backbone {self.backbone} does not exist; give a .keras file, or a backbone by its name")
        if self.pixels != "auto" and not self.backbone_file:
            raise CallError(f"pixels {self.pixels} is for a backbone from a file; of {self.backbone} they are known")
