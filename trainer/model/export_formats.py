"""Write a model file as SavedModel, LiteRT and ONNX, and compare the logits of each with the model's.

Every format takes `pictures`, uint8 (batch, side, side, 3), and returns `logits` and `probabilities`, both (batch, 6).
"""

import logging
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from shards.errors import CallError, DataError
from shards.storage.atomic_write import make_temporary_folder, remove_partials
from shards.storage.folder_lock import lock_folder
from shards.storage.utf8_path import make_utf8_path
from trainer.model.model_file import read_model
from trainer.model.mood_json import MOOD_JSON, Metadata, encode_metadata
from trainer.model.onnx_network import OnnxNetwork
from trainer.tensorflow_startup import without_notes

LOGIT_TOLERANCE = 1e-3
_ONNX_OPSET = 18

_PredictLogits = Callable[[np.ndarray], np.ndarray]  # pictures -> logits


def make_comparison_batches(image_size: int) -> list[np.ndarray]:
    """Make noisy pictures of coloured fields: batches of 1, 3 and 2, (batch, image_size, image_size, 3) uint8."""
    rng = np.random.default_rng(0)
    batches = []
    for count in (1, 3, 2):
        field = np.arange(image_size) * 6 // image_size  # of each pixel along a side
        pictures = rng.integers(0, 256, (count, 6, 6, 3))[:, field][:, :, field]
        batches.append(np.clip(pictures + rng.normal(0, 15, pictures.shape), 0, 255).astype(np.uint8))
    return batches


def export_model(model_path: Path, out: Path, files: dict[str, str], batches: list[np.ndarray]) -> dict[str, float]:
    """Write a model file in other formats into the folder `out`, which appears whole or not at all.

    Args:
        model_path: a model.keras.
        out: a folder that does not exist yet, or is empty.
        files: the name of the file or folder in `out`, by format: saved_model, litert, onnx, in this order.
        batches: pictures on which each format is compared with the model.

    Returns:
        The largest difference of the logits, by format.

    Raises DataError if it is above LOGIT_TOLERANCE.
    """
    if keras.backend.backend() != "tensorflow":
        raise CallError(f"export runs on TensorFlow, not on {keras.backend.backend()}: KERAS_BACKEND=tensorflow")
    model, metadata = read_model(model_path)
    expected = [model.predict_on_batch(batch)["logits"] for batch in batches]
    differences = {}
    with _create_folder(out) as folder, without_notes():
        (folder / MOOD_JSON).write_bytes(encode_metadata(metadata))
        for name, file in files.items():
            _FORMATS[name].write(model, metadata, folder / file)
            predict = _FORMATS[name].load(folder / file)
            found = [predict(batch) for batch in batches]
            differences[name] = max(float(np.abs(a - b).max()) for a, b in zip(found, expected, strict=True))
            if not differences[name] <= LOGIT_TOLERANCE:
                raise DataError(
                    f"{model_path}: as {name} its logits differ by {differences[name]:.1e}, more than "
                    f"{LOGIT_TOLERANCE}; nothing was written, export the other formats"
                )
    return differences


@contextmanager
def _create_folder(out: Path) -> Iterator[Path]:
    """Yield a temporary folder that becomes `out` at the end of the block; an exception leaves nothing behind."""
    out = out.absolute()
    with lock_folder(out):
        remove_partials(out.parent, re.escape(out.name))  # of an export that was killed
        with make_temporary_folder(out) as folder:
            yield folder
            out.rmdir()  # empty: lock_folder has made it, or it was there
            folder.rename(out)


def _make_input_signature(metadata: Metadata) -> list[tf.TensorSpec]:
    """One side only: if it were left open, LiteRT would tell its callers to pass squares of one pixel."""
    return [tf.TensorSpec((None, metadata.image_size, metadata.image_size, 3), tf.uint8, name="pictures")]


def _write_saved_model(model: keras.Model, metadata: Metadata, path: Path) -> None:
    signature = _make_input_signature(metadata)
    with make_utf8_path(path.parent) as parent:
        model.export(parent / path.name, format="tf_saved_model", verbose=False, input_signature=signature)


def _load_saved_model(path: Path) -> _PredictLogits:
    with make_utf8_path(path) as plain_path:
        loaded = tf.saved_model.load(plain_path)
    # The signature alone does not keep the variables alive: the function holds `loaded`.
    return lambda batch, loaded=loaded: loaded.signatures["serving_default"](tf.constant(batch))["logits"].numpy()


def _write_litert(model: keras.Model, metadata: Metadata, path: Path) -> None:
    saved_model = path.with_name("saved_model")
    exported_too = saved_model.exists()  # the formats are written in order
    if not exported_too:
        _write_saved_model(model, metadata, saved_model)
    with make_utf8_path(saved_model) as plain_path:
        path.write_bytes(tf.lite.TFLiteConverter.from_saved_model(str(plain_path)).convert())
    if not exported_too:
        shutil.rmtree(saved_model)


def _load_litert(path: Path) -> _PredictLogits:
    from ai_edge_litert.interpreter import Interpreter

    # Given bytes, no file name can be a problem. The runner resizes the input to the batch.
    runner = Interpreter(model_content=path.read_bytes()).get_signature_runner("serving_default")
    return lambda batch: runner(pictures=batch)["logits"]


def _write_onnx(model: keras.Model, metadata: Metadata, path: Path) -> None:
    import onnx
    import tf2onnx

    logging.getLogger("tf2onnx").setLevel(logging.ERROR)
    convertible = replace_normalization(model)
    signature = _make_input_signature(metadata)
    serve = tf.function(lambda pictures: convertible(pictures, training=False), input_signature=signature)
    converted, _ = tf2onnx.convert.from_function(serve, signature, opset=_ONNX_OPSET)
    onnx.helper.set_model_props(converted, {MOOD_JSON: encode_metadata(metadata).decode()})
    onnx.checker.check_model(converted)
    path.write_bytes(converted.SerializeToString())


def _load_onnx(path: Path) -> _PredictLogits:
    return OnnxNetwork(path).predict_logits


class _Format(NamedTuple):
    write: Callable[[keras.Model, Metadata, Path], None]
    load: Callable[[Path], _PredictLogits]


_FORMATS = {
    "saved_model": _Format(_write_saved_model, _load_saved_model),
    "litert": _Format(_write_litert, _load_litert),
    "onnx": _Format(_write_onnx, _load_onnx),
}


def replace_normalization(model: keras.Model) -> keras.Model:
    """Copy a model with each Normalization, in nested models too, replaced by a Rescaling with its statistics.

    tf2onnx turns the constants of a Normalization into inputs, so that the ONNX file of an EfficientNet cannot be run.
    """
    copy = keras.models.clone_model(model, clone_function=_replace_layer)
    for layer in copy.layers:  # nested models have got their weights already, and have fewer than before
        if layer.weights and not isinstance(layer, keras.Model):
            layer.set_weights(model.get_layer(layer.name).get_weights())
    return copy


def _replace_layer(layer: keras.Layer) -> keras.Layer:
    if isinstance(layer, keras.Model):
        return replace_normalization(layer)
    if not isinstance(layer, keras.layers.Normalization):
        return type(layer).from_config(layer.get_config())
    mean, deviation = np.asarray(layer.mean), np.maximum(np.sqrt(np.asarray(layer.variance)), keras.config.epsilon())
    if mean.size != mean.shape[-1]:
        raise DataError(f"layer {layer.name} normalises by more than colours, which cannot be written as ONNX")
    scale, offset = (deviation, mean) if layer.invert else (1 / deviation, -mean / deviation)
    return keras.layers.Rescaling(scale.ravel().tolist(), offset.ravel().tolist(), name=layer.name, dtype="float32")
