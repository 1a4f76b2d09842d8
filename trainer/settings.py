"""The settings of a training run, and the groups of them that single modules take. Light: neither Keras nor TensorFlow.

A default stands in one place: in the group that a setting belongs to, or in TrainSettings where it belongs to none.
"""

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, TypeVar

from console.restricted_numbers import NonNegativeInt, PositiveFloat, PositiveInt, restricted_number_type
from shards.errors import CallError
from shards.storage.stores.remote_path import is_store_url, locate
from trainer.network_settings import NetworkSettings, Pixels

TrainBase = Literal["frozen", "last_block", "full"]
Imbalance = Literal["none", "class_weight", "logit_adjustment"]
StoppingFigure = Literal["best", "val_loss"]
DeviceKind = Literal["auto", "cpu", "gpu"]
Precision = Literal["auto", "float32", "mixed_float16", "mixed_bfloat16"]
Jit = Literal["auto", "on", "off"]
PartOfOne = restricted_number_type("Part", float, [(">=", 0), ("<", 1)], docstring="number from 0, below 1")
Share = restricted_number_type("Share", float, [(">", 0), ("<=", 1)], docstring="number above 0, at most 1")
RandomSeed = restricted_number_type(
    "RandomSeed", int, [(">=", 0), ("<", 2**31)], docstring="integer from 0 to 2**31 - 1"
)

PREPROCESS = ("box", "crop", "dedupe", "hash", "select", "split")  # preprocess' groups of settings, for a CSV
# Settings that say how a run is watched and where it goes, not what comes out of it.
_WATCHING = ("checkpoint_steps", "self_check", "measure_speed", "tensorboard")
_WITHOUT_EFFECT = ("out", "cache", "cache_gb", "address", *_WATCHING, "replace", "debug")
DEFAULT_CACHE_GB = 50
_Group = TypeVar("_Group")


@dataclass(frozen=True)
class InputSettings:
    """How batches are made; TrainSettings describes the fields. `augment` says what holds, and is never left open."""

    batch_size: int = 64
    resolution: int = 224
    window: float = 0.875  # 224 of 256 pixels
    flip: bool = True
    augment: bool = False
    frames_per_video: int | None = None
    shuffle_records: int = 8192


@dataclass(frozen=True)
class DeviceSettings:
    """Where and how the model computes; TrainSettings describes the fields."""

    device: DeviceKind = "auto"
    devices: int = 1
    precision: Precision = "auto"
    jit: Jit = "auto"
    deterministic: bool = False


@dataclass(frozen=True)
class Stage:
    """A part of the run, with its own optimizer, learning rate and choice of the layers that learn."""

    name: str
    train_base: TrainBase
    epochs: int
    learning_rate: float


@dataclass(frozen=True)
class ProbeSettings:
    """The first stage: the head alone, on a frozen backbone.

    Args:
        epochs: 0 leaves the stage out.
        learning_rate: its highest rate.
    """

    epochs: NonNegativeInt = 2
    learning_rate: PositiveFloat = 1e-3


class RunSettings:
    """What the course of a run needs of its settings, whatever is trained; a mixin for a frozen dataclass.

    The dataclass has all fields of the groups NetworkSettings and DeviceSettings, and warmup, backbone_rate,
    weight_decay, patience, stop, best, seed, and those of _WITHOUT_EFFECT that its command knows.
    """

    @property
    def network_settings(self) -> NetworkSettings:
        return self._select(NetworkSettings)

    @property
    def device_settings(self) -> DeviceSettings:
        return self._select(DeviceSettings)

    @property
    def content(self) -> dict[str, Any]:
        """The settings that decide the outcome, as plain JSON values."""
        return json.loads(json.dumps({k: v for k, v in asdict(self).items() if k not in _WITHOUT_EFFECT}))

    @property
    def stopping_figure(self) -> str:
        """The name of the validation figure that ends a stage where it no longer improves."""
        return self.best if self.stop == "best" else self.stop

    def _select(self, group: type[_Group], **resolved: Any) -> _Group:
        given = {field.name: getattr(self, field.name) for field in fields(group) if field.name not in resolved}
        return group(**given | resolved)


@dataclass(frozen=True)
class TrainSettings(RunSettings):
    """One training run.

    Args:
        train: a dataset folder or the URL of one, see docs/storage.md (its train split), or a CSV of
            image_path,bbox,labels, of which preprocess makes a dataset first.
        valid: a dataset folder or URL (its val split), that of train when not given; a CSV where train is one, else
            part of its videos.
        cache: where shards of a URL are kept; data/cache when not given.
        cache_gb: at most so much of them, in GB (10^9 bytes); what was not read for longest goes.
        out: the run's folder; runs/ and the dataset's or the CSV's name when not given.
        batch_size: pictures in a step, over all devices and hosts.
        resolution: side of the pictures in training, in pixels; validation sees whole crops at the same scale.
        window: the part of a crop's side that a training picture shows, at a random place; 0.875 is 224 of 256 pixels.
        learning_rate: highest rate of the fine-tuning stage.
        epochs: at most so many in the fine-tuning stage.
        train_base: what of the backbone learns in that stage; the flag alone means full.
        backbone: EfficientNetB0, another model of keras.applications, small, or a .keras FILE of any backbone without
            its top.
        weights: imagenet, none (from scratch; then also --probe.epochs 0), or a .keras FILE, or an .h5 FILE of
            Keras 2; of a backbone FILE its own, unless none.
        pixels: what a backbone FILE takes: byte 0 to 255, unit 0 to 1, signed -1 to 1, imagenet by ImageNet's mean and
            deviation; auto reads it from the file's own scaling.
        dropout: part of the features that is dropped before the last layer.
        probe: the first stage, the head alone.
        backbone_rate: the backbone's rate, as a part of the head's.
        warmup: part of a stage's steps in which its rate rises; then it falls along a cosine.
        weight_decay: of AdamW, on kernels.
        label_smoothing: part of the target that is spread over all moods.
        imbalance: how the loss makes up for rare moods, by each mood's share of the training videos.
        best: which figure of the validation frames chooses model.keras.
        patience: epochs after which a stage ends that the figure of `stop` has not improved.
        stop: the figure that ends a stage; best is that of `best`, which chooses the model as well.
        flip: mirror half of the pictures, left to right.
        augment: change scale and colour, on the device; when not given, only on a GPU.
        frames_per_video: at most so many frames of each video in an epoch, others in the next; all when not given.
        shuffle_records: encoded records that wait to be drawn.
        device: gpu fails where there is none; auto takes one if there is.
        devices: how many to train on at once (TensorFlow's MirroredStrategy); on a CPU, virtual ones.
        hosts: machines to train on at once, through Ray or by TF_CONFIG; each has a part of every batch.
        address: the Ray cluster of the hosts, HOST:PORT or auto; processes of this machine when not given.
        precision: auto is mixed_float16 on a GPU, float32 on a CPU.
        jit: compile by XLA; auto is on for one GPU, off on a CPU, on several devices and when deterministic.
        deterministic: the same bytes from the same run, on a CPU; slower on a GPU.
        checkpoint_steps: steps from one checkpoint to the next.
        self_check: look for the usual mistakes before the first epoch.
        measure_speed: measure input and model alone before the first epoch.
        overfit: learn so many pictures by heart and stop, to see that the whole chain learns at all.
        tensorboard: write events for TensorBoard as well (extra tensorboard).
        seed: of everything random.
        label_map: for a CSV, handed on to preprocess; as all that follows, see python -m preprocess --help.
        box: such as --box.policy clip.
        crop: such as --crop.size 320.
        dedupe: such as --dedupe.enabled true; false when not given.
        hash: such as --hash.bits 256.
        select: such as --select.per_video 8.
        split: such as --split.val_fraction 0.2.
        replace: start anew in an out that holds another run.
        debug: show tracebacks.
    """

    train: str
    valid: str | None = None
    cache: str | None = None
    cache_gb: PositiveFloat = DEFAULT_CACHE_GB
    out: str | None = None
    batch_size: PositiveInt = InputSettings.batch_size
    resolution: PositiveInt = InputSettings.resolution
    window: Share = InputSettings.window
    learning_rate: PositiveFloat = 1e-4
    epochs: NonNegativeInt = 20
    train_base: TrainBase = "full"
    backbone: str = NetworkSettings.backbone
    weights: str = NetworkSettings.weights
    dropout: PartOfOne = NetworkSettings.dropout
    pixels: Pixels = NetworkSettings.pixels
    probe: ProbeSettings = field(default_factory=ProbeSettings)
    backbone_rate: PositiveFloat = 0.3
    warmup: PartOfOne = 0.05
    weight_decay: PartOfOne = 0.01
    label_smoothing: PartOfOne = 0.1
    imbalance: Imbalance = "logit_adjustment"
    best: Literal["macro_f1", "val_accuracy"] = "macro_f1"
    patience: PositiveInt = 5
    stop: StoppingFigure = "best"
    flip: bool = InputSettings.flip
    augment: bool | None = None
    frames_per_video: PositiveInt | None = InputSettings.frames_per_video
    shuffle_records: PositiveInt = InputSettings.shuffle_records
    device: DeviceKind = DeviceSettings.device
    devices: PositiveInt = DeviceSettings.devices
    hosts: PositiveInt = 1
    address: str | None = None
    precision: Precision = DeviceSettings.precision
    jit: Jit = DeviceSettings.jit
    deterministic: bool = DeviceSettings.deterministic
    checkpoint_steps: PositiveInt = 1000
    self_check: bool = True
    measure_speed: bool = True
    overfit: PositiveInt | None = None
    tensorboard: bool = False
    seed: RandomSeed = 0
    label_map: str | None = None
    box: dict[str, Any] = field(default_factory=dict)
    crop: dict[str, Any] = field(default_factory=dict)
    dedupe: dict[str, Any] = field(default_factory=dict)
    hash: dict[str, Any] = field(default_factory=dict)
    select: dict[str, Any] = field(default_factory=dict)
    split: dict[str, Any] = field(default_factory=dict)
    replace: bool = False
    debug: bool = False

    def __post_init__(self) -> None:
        """Raises CallError where settings contradict each other."""
        self._check_sources()
        self.network_settings.check()
        if not self.stages:
            raise CallError("epochs 0 and probe.epochs 0: nothing would be trained; give --epochs")
        if self.network_settings.from_scratch and self.probe.epochs:
            raise CallError("weights none with a probe stage: random features would be probed; add --probe.epochs 0")
        if self.network_settings.from_scratch and self.train_base != "full":
            raise CallError(f"weights none with train_base {self.train_base}: its layers would never learn")
        if self.batch_size % self.devices:
            raise CallError(f"batch_size {self.batch_size} is no multiple of the {self.devices} devices; change one")
        if self.hosts > 1:
            self._check_hosts()

    def _check_hosts(self) -> None:
        """Raises CallError where several hosts do not go with another setting."""
        if self.batch_size % self.hosts:
            raise CallError(f"batch_size {self.batch_size} is no multiple of the {self.hosts} hosts; change one")
        if self.devices > 1:
            raise CallError(f"hosts {self.hosts} with devices {self.devices}: each host trains on one device")
        if self.from_csv:
            raise CallError(f"hosts {self.hosts} with a CSV: make a dataset of it first, see python -m preprocess")
        if self.overfit:
            raise CallError(f"hosts {self.hosts} with overfit: that needs one host; leave one of them out")

    def _check_sources(self) -> None:
        """Raises CallError where a CSV meets a dataset, or where preprocess' settings are given without a CSV."""
        given = [name for name in ("label_map", *PREPROCESS) if getattr(self, name)]
        if given and not self.from_csv:
            raise CallError(
                f"{', '.join(given)}: settings of preprocess, by which {self.train} was made; leave them out, or "
                "make a dataset with them: python -m preprocess"
            )
        if self.valid and self.from_csv != is_csv(self.valid):
            raise CallError(f"train {self.train} with valid {self.valid}: both have to be CSV files, or both datasets")

    @property
    def from_csv(self) -> bool:
        return is_csv(self.train)

    @property
    def folder(self) -> Path:
        """The run's folder: `out`, or runs/NAME by the dataset folder's name or the CSV's name without its ending."""
        data = Path("/", locate(self.train).name) if is_store_url(self.train) else Path(self.train).resolve()
        return Path(self.out or Path("runs") / (data.stem if self.from_csv else data.name))

    def input_settings(self, on_gpu: bool) -> InputSettings:
        """The input's group; where `augment` was not given, it is on if training runs on a GPU."""
        return self._select(InputSettings, augment=on_gpu if self.augment is None else self.augment)

    @property
    def stages(self) -> list[Stage]:
        """The stages in their order. A frozen main stage trains the head alone, so no probe stage comes before it."""
        probe = Stage("probe", "frozen", self.probe.epochs, self.probe.learning_rate)
        tune = Stage("tune", self.train_base, self.epochs, self.learning_rate)
        stages = [tune] if self.train_base == "frozen" else [probe, tune]
        return [stage for stage in stages if stage.epochs]

    @property
    def content(self) -> dict[str, Any]:
        """The settings that decide the outcome, as plain JSON values.

        Those of preprocess are left out: the dataset's fingerprint stands for them. So are hosts where there is one.
        """
        left_out = {*PREPROCESS, "label_map"} | ({"hosts"} if self.hosts == 1 else set())
        return {name: value for name, value in super().content.items() if name not in left_out}


def is_csv(path: str) -> bool:
    """Whether a path is a CSV and no dataset. Raises CallError for the URL of one."""
    is_named_so = path.lower().endswith(".csv")
    if is_named_so and is_store_url(path):
        raise CallError(f"{path}: a CSV is not read from a URL; copy it and its pictures to this machine")
    return is_named_so and not Path(path).is_dir()
