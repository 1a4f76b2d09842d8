"""The settings of a finder's training run, as trainer.settings has those of the mood trainer's. Light, like it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from console.restricted_numbers import NonNegativeInt, PositiveFloat, PositiveInt
from shards.errors import CallError
from trainer.network_settings import Pixels
from trainer.settings import (
    DEFAULT_CACHE_GB,
    DeviceKind,
    DeviceSettings,
    Jit,
    NetworkSettings,
    PartOfOne,
    Precision,
    RandomSeed,
    RunSettings,
    Stage,
    StoppingFigure,
)

SIDE_STEP = 32  # the network halves its input five times

# Raised when the code trains differently with the same settings, so that older checkpoints are not continued.
FINDER_RECIPE = 1


@dataclass(frozen=True)
class FinderInputSettings:
    """How batches of whole frames are made; FinderSettings describes the fields."""

    batch_size: int = 32
    resolution: int = 320
    flip: bool = True
    augment: bool = True
    shuffle_records: int = 2048
    frames_per_video: None = None  # preprocess' frames.per_video has chosen them


@dataclass(frozen=True)
class FinderSettings(RunSettings):
    """One training run of a finder.

    Args:
        train: a dataset folder with whole frames, or the URL of one, see docs/storage.md (its train split).
        valid: a dataset folder or URL (its val split), that of train when not given.
        cache: where shards of a URL are kept; data/cache when not given.
        cache_gb: at most so much of them, in GB (10^9 bytes); what was not read for longest goes.
        out: the run's folder.
        batch_size: pictures in a step, over all devices.
        resolution: side of the square in which the network sees a picture, in pixels; a multiple of 32.
        learning_rate: its highest rate.
        epochs: at most so many.
        backbone: whose first blocks are taken, down to a sixteenth of the side; any that trainer.train knows,
            or a .keras FILE of a backbone without its top.
        weights: imagenet, none (from scratch), or a .keras FILE, such as the model.keras of a mood run; of a backbone
            FILE its own, unless none.
        pixels: what a backbone FILE takes: byte 0 to 255, unit 0 to 1, signed -1 to 1, imagenet by ImageNet's mean and
            deviation; auto reads it from the file's own scaling.
        backbone_rate: the backbone's rate, as a part of that of the layers behind it.
        warmup: part of the steps in which the rate rises; then it falls along a cosine.
        weight_decay: of AdamW, on kernels.
        best: which figure of the validation frames chooses finder.keras.
        patience: epochs after which training ends that the figure of `stop` has not improved.
        stop: the figure that ends training; best is that of `best`, which chooses the model as well.
        augment: change scale, place, background and colours; without it frames lie as in validation.
        flip: mirror half of the pictures too, left to right.
        shuffle_records: encoded records that wait to be drawn.
        device: gpu fails where there is none; auto takes one if there is.
        devices: how many to train on at once (TensorFlow's MirroredStrategy); on a CPU, virtual ones.
        precision: auto is mixed_float16 on a GPU, float32 on a CPU.
        jit: compile by XLA; auto is on for one GPU, off on a CPU, on several devices and when deterministic.
        deterministic: the same bytes from the same run, on a CPU; slower on a GPU.
        checkpoint_steps: steps from one checkpoint to the next.
        overfit: learn the boxes of so many frames by heart and stop, to see that the whole chain learns at all.
        self_check: look for the usual mistakes before the first epoch.
        measure_speed: measure input and model alone before the first epoch.
        tensorboard: write events for TensorBoard as well (extra tensorboard).
        seed: of everything random.
        replace: remove another run from the run's folder first.
        debug: show tracebacks.
    """

    train: str
    valid: str | None = None
    cache: str | None = None
    cache_gb: PositiveFloat = DEFAULT_CACHE_GB
    out: str = "runs/finder"
    batch_size: PositiveInt = FinderInputSettings.batch_size
    resolution: PositiveInt = FinderInputSettings.resolution
    learning_rate: PositiveFloat = 2e-3
    epochs: NonNegativeInt = 40
    backbone: str = "MobileNetV3Large"
    weights: str = NetworkSettings.weights
    pixels: Pixels = NetworkSettings.pixels
    backbone_rate: PositiveFloat = 0.3
    warmup: PartOfOne = 0.05
    weight_decay: PartOfOne = 0.01
    best: Literal["ap", "ap50", "mean_iou"] = "ap"
    patience: PositiveInt = 8
    stop: StoppingFigure = "best"
    flip: bool = FinderInputSettings.flip
    augment: bool = FinderInputSettings.augment
    shuffle_records: PositiveInt = FinderInputSettings.shuffle_records
    device: DeviceKind = DeviceSettings.device
    devices: PositiveInt = DeviceSettings.devices
    precision: Precision = DeviceSettings.precision
    jit: Jit = DeviceSettings.jit
    deterministic: bool = DeviceSettings.deterministic
    checkpoint_steps: PositiveInt = 1000
    overfit: PositiveInt | None = None
    self_check: bool = True
    measure_speed: bool = True
    tensorboard: bool = False
    seed: RandomSeed = 0
    replace: bool = False
    debug: bool = False

    def __post_init__(self) -> None:
        """Raises CallError where settings contradict each other."""
        self.network_settings.check()
        if self.resolution % SIDE_STEP:
            nearest = max(SIDE_STEP, round(self.resolution / SIDE_STEP) * SIDE_STEP)
            raise CallError(f"resolution {self.resolution} is no multiple of {SIDE_STEP}; give {nearest}")
        if not self.epochs:
            raise CallError("epochs 0: nothing would be trained; give --epochs")
        if self.batch_size % self.devices:
            raise CallError(f"batch_size {self.batch_size} is no multiple of the {self.devices} devices; change one")

    @property
    def folder(self) -> Path:
        return Path(self.out)

    @property
    def frame_settings(self) -> FinderInputSettings:
        resolution = int(self.resolution)  # Keras takes a number type of the settings for a dtype
        return self._select(FinderInputSettings, resolution=resolution, frames_per_video=None)

    @property
    def network_settings(self) -> NetworkSettings:
        return NetworkSettings(self.backbone, self.weights, pixels=self.pixels)

    @property
    def stages(self) -> list[Stage]:
        return [Stage("train", "full", self.epochs, self.learning_rate)]

    @property
    def content(self) -> dict[str, Any]:
        return super().content | {"finder_recipe": FINDER_RECIPE}
