"""The device that a run trains on: precision, XLA and several devices, for Keras on TensorFlow and on JAX."""

import platform
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Literal

import keras
import tensorflow as tf

from shards.errors import CallError
from trainer.model.keras_defaults import set_keras_defaults
from trainer.settings import DeviceSettings


@dataclass(frozen=True)
class Device:
    """What every `auto` of DeviceSettings came to; `strategy` is None on one device."""

    kind: Literal["cpu", "gpu"]
    name: str
    backend: str
    policy: str
    jit: bool
    count: int
    strategy: Any = None

    def scope(self) -> AbstractContextManager:
        """The context in which variables have to be made."""
        return self.strategy.scope() if self.strategy else nullcontext()

    def describe(self) -> dict[str, Any]:
        return {"name": self.name} | self.effective

    @property
    def effective(self) -> dict[str, Any]:
        """What the outcome of a run depends on: everything but the device's name."""
        return {name: getattr(self, name) for name in ("kind", "backend", "policy", "jit", "count")}


def choose_device(settings: DeviceSettings, seed: int) -> Device:
    """Set up this process: visible devices, dtype policy, seeds, determinism. Call it before any tensor is made.

    Raises CallError where the settings ask for what is not there, or for what does not work together.
    """
    set_keras_defaults()
    backend = keras.backend.backend()
    if backend not in ("tensorflow", "jax"):
        raise CallError(f"KERAS_BACKEND={backend} cannot train here; set it to tensorflow or jax")
    if backend == "jax" and settings.jit == "off":
        raise CallError("jit off: JAX always compiles by XLA; leave the flag out, or set KERAS_BACKEND=tensorflow")
    gpus = _list_gpus(backend)
    if settings.device == "gpu" and not gpus:
        raise CallError(f"device gpu: {backend} sees no GPU; install it with make setup GPU=1, or choose --device auto")
    kind = "gpu" if gpus and settings.device != "cpu" else "cpu"
    if settings.devices > 1:
        _check_several_devices(settings, backend, gpus if kind == "gpu" else None)
    _hide_unused_gpus(kind, backend)
    strategy = _mirror_devices(settings.devices, kind) if settings.devices > 1 else None
    policy = settings.precision if settings.precision != "auto" else ("mixed_float16" if kind == "gpu" else "float32")
    keras.config.set_dtype_policy(policy)
    keras.utils.set_random_seed(seed)
    if settings.deterministic:
        tf.config.experimental.enable_op_determinism()
    name = gpus[0] if kind == "gpu" else (platform.processor() or platform.machine())
    return Device(kind, name, backend, policy, _choose_jit(settings, backend, kind), settings.devices, strategy)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether this exception of a training step means that the device has too little memory."""
    return isinstance(error, tf.errors.ResourceExhaustedError) or "RESOURCE_EXHAUSTED" in str(error)


def _list_gpus(backend: str) -> list[str]:
    if backend == "jax":
        import jax

        return [device.device_kind for device in jax.devices() if device.platform == "gpu"]
    gpus = tf.config.list_physical_devices("GPU")
    return [tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name) for gpu in gpus]


def _check_several_devices(settings: DeviceSettings, backend: str, gpus: list[str] | None) -> None:
    if backend != "tensorflow":
        raise CallError(f"devices {settings.devices}: only the TensorFlow backend trains on several")
    if settings.jit == "on":
        raise CallError(f"devices {settings.devices} with jit on crashes in TensorFlow; choose --jit off")
    if gpus is not None and settings.devices > len(gpus):
        raise CallError(f"devices {settings.devices}: there are {len(gpus)} GPUs; ask for at most so many")


def _hide_unused_gpus(kind: str, backend: str) -> None:
    """Keep TensorFlow from reserving the memory of a GPU that is not used, or that JAX uses."""
    if kind == "cpu" or backend == "jax":
        tf.config.set_visible_devices([], "GPU")
    if kind == "cpu" and backend == "jax":
        import jax

        jax.config.update("jax_default_device", jax.devices("cpu")[0])


def _choose_jit(settings: DeviceSettings, backend: str, kind: str) -> bool:
    if backend == "jax":  # there Keras compiles every step by XLA
        return True
    if settings.jit != "auto":
        return settings.jit == "on"
    return kind == "gpu" and settings.devices == 1 and not settings.deterministic


def _mirror_devices(count: int, kind: str) -> tf.distribute.Strategy:
    """A strategy that trains on several GPUs, or on virtual devices of one CPU, at once."""
    if kind == "cpu":
        virtual = [tf.config.LogicalDeviceConfiguration()] * count
        try:
            tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], virtual)
        except RuntimeError as error:  # TensorFlow has started already; the number of devices cannot change any more
            if len(tf.config.list_logical_devices("CPU")) < count:
                raise CallError(f"devices {count}: {error}") from error
    return tf.distribute.MirroredStrategy([f"{kind.upper()}:{place}" for place in range(count)])
