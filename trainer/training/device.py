"""Where training runs: device, precision and XLA as they really take effect, for Keras on TensorFlow and on JAX."""

import platform
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Literal

import keras
import tensorflow as tf

from shards.errors import CallError
from trainer.model.network import set_defaults
from trainer.settings import DeviceSettings


@dataclass(frozen=True)
class Device:
    """What was chosen; `strategy` is None on one device."""

    kind: Literal["cpu", "gpu"]
    name: str
    backend: str
    policy: str
    jit: bool
    count: int
    strategy: Any = None

    def scope(self) -> AbstractContextManager:
        """Variables have to be made within it."""
        return self.strategy.scope() if self.strategy else nullcontext()

    def describe(self) -> dict[str, Any]:
        return {"name": self.name} | self.effective

    @property
    def effective(self) -> dict[str, Any]:
        """What a run's outcome depends on: all but the device's name."""
        return {name: getattr(self, name) for name in ("kind", "backend", "policy", "jit", "count")}


def choose_device(settings: DeviceSettings, seed: int) -> Device:
    """Set up the process: visible devices, dtype policy, seeds, determinism. Call it before any tensor is made.

    Raises CallError where what is asked for is not there or does not go together.
    """
    set_defaults()
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
        _check_several(settings, backend, gpus if kind == "gpu" else None)
    _hide(kind, backend)
    strategy = _mirror(settings.devices, kind) if settings.devices > 1 else None
    jit = {"on": True, "off": False}.get(settings.jit, kind == "gpu" and not strategy and not settings.deterministic)
    policy = settings.precision if settings.precision != "auto" else ("mixed_float16" if kind == "gpu" else "float32")
    keras.config.set_dtype_policy(policy)
    keras.utils.set_random_seed(seed)
    if settings.deterministic:
        tf.config.experimental.enable_op_determinism()
    if backend == "jax":
        jit = True  # Keras on JAX always compiles its steps by XLA
    name = gpus[0] if kind == "gpu" else (platform.processor() or platform.machine())
    return Device(kind, name, backend, policy, jit, settings.devices, strategy)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception of a step says that the device's memory did not suffice."""
    return isinstance(error, tf.errors.ResourceExhaustedError) or "RESOURCE_EXHAUSTED" in str(error)


def _list_gpus(backend: str) -> list[str]:
    if backend == "jax":
        import jax

        return [device.device_kind for device in jax.devices() if device.platform == "gpu"]
    gpus = tf.config.list_physical_devices("GPU")
    return [tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name) for gpu in gpus]


def _check_several(settings: DeviceSettings, backend: str, gpus: list[str] | None) -> None:
    if backend != "tensorflow":
        raise CallError(f"devices {settings.devices}: only the TensorFlow backend trains on several")
    if settings.jit == "on":
        raise CallError(f"devices {settings.devices} with jit on crashes in TensorFlow; choose --jit off")
    if gpus is not None and settings.devices > len(gpus):
        raise CallError(f"devices {settings.devices}: there are {len(gpus)} GPUs; ask for at most so many")


def _hide(kind: str, backend: str) -> None:
    """Keep TensorFlow from memory that is not its own: of a GPU that is not used, or that JAX uses."""
    if kind == "cpu" or backend == "jax":
        tf.config.set_visible_devices([], "GPU")
    if kind == "cpu" and backend == "jax":
        import jax

        jax.config.update("jax_default_device", jax.devices("cpu")[0])


def _mirror(count: int, kind: str) -> tf.distribute.Strategy:
    if kind == "cpu":
        virtual = [tf.config.LogicalDeviceConfiguration()] * count
        try:
            tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], virtual)
        except RuntimeError as error:  # TensorFlow has started, which fixes their number
            if len(tf.config.list_logical_devices("CPU")) < count:
                raise CallError(f"devices {count}: {error}") from error
    return tf.distribute.MirroredStrategy([f"{kind.upper()}:{place}" for place in range(count)])
