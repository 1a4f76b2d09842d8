"""Write a model as SavedModel, LiteRT and ONNX, and compare the outputs of each with the model's."""

import logging
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from shards.errors import CallError, DataError
from shards.storage.atomic_write import make_temporary_folder
from shards.storage.folder_lock import lock_folder
from shards.storage.utf8_path import make_utf8_path
from trainer.exporting.exported_model import LEAST_STEP, ExportedModel, Outputs
from trainer.model.onnx_network import DIGEST_PROPERTY, EMPTY_DIGEST, fill_in_digest, open_onnx_file
from trainer.tensorflow_startup import without_notes

_ONNX_OPSET = 18

_Predict = Callable[[np.ndarray], Outputs]


def export_model(
    model: ExportedModel, out: Path, files: dict[str, str], inputs: list[np.ndarray], source: Path
) -> dict[str, float]:
    """Write a model in other formats into the folder `out`, which appears whole or not at all.

    Args:
        model: see trainer.exporting.exported_model.
        out: a folder that does not exist yet, or is empty.
        files: the name of the file or folder in `out`, by format: saved_model, litert, onnx, in this order.
        inputs: on which each format is compared with the model, but for those that are not settled.
        source: the file that the model was read from, for messages.

    Returns:
        The largest difference of any output, by format.

    Raises DataError if one is above its tolerance, or no input is settled.
    """
    if keras.backend.backend() != "tensorflow":
        raise CallError(f"export runs on TensorFlow, not on {keras.backend.backend()}: KERAS_BACKEND=tensorflow")
    inputs = [value for value in inputs if model.is_settled(value)]
    if not inputs:
        raise DataError(
            f"{source}: rounding decides what is told of every picture that was tried; name another --image"
        )
    call = tf.function(partial(model.call, *model.models), input_signature=[model.signature])
    expected = [_list_arrays(call(tf.constant(value))) for value in inputs]
    differences = {}
    with _create_folder(out) as folder, without_notes():
        for name, text in model.texts.items():
            (folder / name).write_bytes(text)
        for name, file in files.items():
            _FORMATS[name].write(model, folder / file)
            predict = _FORMATS[name].load(folder / file, model)
            found = [predict(value) for value in inputs]
            differences[name] = _compare(model, found, expected, f"{source}: as {name} its")
    return differences


def _compare(model: ExportedModel, found: list[Outputs], expected: list[Outputs], subject: str) -> float:
    """The largest difference. Raises DataError where an output differs by more than its tolerance."""
    largest = 0.0
    for (name, tolerance), (one, other) in (
        (output, pair) for output in model.tolerances.items() for pair in zip(found, expected, strict=True)
    ):
        difference = np.inf
        if one[name].shape == other[name].shape:
            if model.ranked_by not in (None, name):
                other = {name: value[:, :-1] for name, value in other.items()}  # what comes behind is not known
                one = _sort_alike(one, other, model.ranked_by, name)
            difference = float(np.abs(one[name] - other[name]).max(initial=0.0))
        if not difference <= tolerance:
            raise DataError(
                f"{subject} {name} differ by {difference:.1e}, more than {tolerance}; nothing was written, export the "
                "other formats"
            )
        largest = max(largest, difference)
    return largest


def _sort_alike(found: Outputs, expected: Outputs, ranked_by: str, name: str) -> Outputs:
    """For each expected row the row of an output that fits best among those ranked alike, which may change places."""
    ranks, values = found[ranked_by], found[name]
    values = values.reshape(*values.shape[:2], -1).astype(np.float64)
    wanted = expected[name].reshape(*expected[name].shape[:2], -1)
    distances = np.abs(values[:, None] - wanted[:, :, None]).max(axis=-1)  # (batch, expected rows, rows)
    is_near = np.abs(ranks[:, None] - expected[ranked_by][:, :, None]) <= LEAST_STEP
    best = np.where(is_near, distances, np.inf).argmin(axis=-1)
    return {name: np.take_along_axis(values, best[:, :, None], axis=1).reshape(expected[name].shape)}


def _list_arrays(outputs: Outputs) -> Outputs:
    return {name: np.asarray(value) for name, value in outputs.items()}


@contextmanager
def _create_folder(out: Path) -> Iterator[Path]:
    """Yield a temporary folder that becomes `out` at the end of the block; an exception leaves nothing behind."""
    out = out.absolute()
    with lock_folder(out), make_temporary_folder(out) as folder:
        yield folder
        out.rmdir()  # empty: lock_folder has made it, or it was there
        folder.rename(out)


def _write_saved_model(model: ExportedModel, path: Path) -> None:
    archive = keras.export.ExportArchive()
    for part in model.models:
        archive.track(part)
    archive.add_endpoint("serve", partial(model.call, *model.models), input_signature=[model.signature])
    with make_utf8_path(path.parent) as parent:
        archive.write_out(parent / path.name, verbose=False)


def _load_saved_model(path: Path, model: ExportedModel) -> _Predict:
    with make_utf8_path(path) as plain_path:
        loaded = tf.saved_model.load(plain_path)
    # The signature alone does not keep the variables alive: the function holds `loaded`.
    return lambda value, loaded=loaded: _list_arrays(
        loaded.signatures["serving_default"](**{model.signature.name: tf.constant(value)})
    )


def _write_litert(model: ExportedModel, path: Path) -> None:
    saved_model = path.with_name("saved_model")
    exported_too = saved_model.exists()  # the formats are written in order
    if not exported_too:
        _write_saved_model(model, saved_model)
    with make_utf8_path(saved_model) as plain_path:
        path.write_bytes(tf.lite.TFLiteConverter.from_saved_model(str(plain_path)).convert())
    if not exported_too:
        shutil.rmtree(saved_model)


def _load_litert(path: Path, model: ExportedModel) -> _Predict:
    from ai_edge_litert.interpreter import Interpreter

    # Given bytes, no file name can be a problem. The runner resizes the input to what it is given.
    runner = Interpreter(model_content=path.read_bytes()).get_signature_runner("serving_default")
    return lambda value: runner(**{model.signature.name: value})


def _write_onnx(model: ExportedModel, path: Path) -> None:
    import onnx
    import tf2onnx

    logging.getLogger("tf2onnx").setLevel(logging.ERROR)
    convertible = [replace_normalization(part) for part in model.models]
    serve = tf.function(partial(model.call, *convertible), input_signature=[model.signature])
    converted, _ = tf2onnx.convert.from_function(serve, [model.signature], opset=_ONNX_OPSET)
    texts = {name: text.decode() for name, text in model.texts.items()}
    onnx.helper.set_model_props(converted, texts | {DIGEST_PROPERTY: EMPTY_DIGEST})
    onnx.checker.check_model(converted)
    path.write_bytes(fill_in_digest(converted.SerializeToString()))


def _load_onnx(path: Path, model: ExportedModel) -> _Predict:
    session = open_onnx_file(path)
    names = [output.name for output in session.get_outputs()]
    return lambda value: dict(zip(names, session.run(names, {model.signature.name: value}), strict=True))


class _Format(NamedTuple):
    write: Callable[[ExportedModel, Path], None]
    load: Callable[[Path, ExportedModel], _Predict]


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
