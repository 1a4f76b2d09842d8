"""The model for other programs: SavedModel, LiteRT and ONNX, each held against model.keras before it appears.

    python -m trainer.export --weight_path runs/NAME/model.keras --out exported

Writes saved_model/, model.tflite, model.onnx and mood.json (names, temperature, prior) into a folder that appears whole
or not at all. All take `pictures`, uint8 squares (any batch, side, side, 3) of the one side that mood.json states as
`image_size`, and give `logits` and `probabilities`. LiteRT takes one square unless resize_tensor_input asks for more.
On TensorFlow only; LiteRT and ONNX need the extra `export`.
"""

import importlib.util
import logging
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from console.command import Parser, run_command
from shards.errors import CallError, DataError
from shards.jpeg_headers import UnreadableImage
from shards.storage.files import make_temporary_folder, name_plainly, remove_partials
from shards.storage.lock import lock_folder
from trainer.answering.photo import crop_square, read_upright_pixels
from trainer.model.mood_json import MEMBER, Metadata, encode_metadata, read_metadata
from trainer.tensorflow_startup import without_notes

FILES = {"saved_model": "saved_model", "litert": "model.tflite", "onnx": "model.onnx"}  # by format
TOLERANCE = 1e-3  # of logits
_NEEDS = {"saved_model": (), "litert": ("ai_edge_litert",), "onnx": ("tf2onnx", "onnx", "onnxruntime")}
_OPSET = 18

Predict = Callable[[np.ndarray], np.ndarray]  # squares (batch, side, side, 3) uint8 -> logits (batch, 6)


def main(arguments: list[str]) -> int:
    parser = Parser("trainer.export", __doc__)
    add = parser.add_argument
    add("--weight_path", type=Path, required=True, metavar="FILE", help="the model.keras of a run")
    add("--out", type=Path, required=True, metavar="DIR", help="a folder to be made")
    add("--format", nargs="+", choices=tuple(FILES), default=list(FILES), help="default: all")
    add("--image", type=Path, nargs="+", default=[], metavar="FILE", help="pictures to check with, beside made ones")
    options = parser.parse_args(arguments)
    formats = [name for name in FILES if name in options.format]
    _check(options.out, formats)
    metadata = read_metadata(options.weight_path)
    pictures = [*make_pictures(metadata.image_size), *_read_pictures(options.image, metadata)]
    for name, difference in export_model(options.weight_path, options.out, formats, pictures).items():
        print(f"{options.out / FILES[name]}: logits differ from the model's by {difference:.1e} at most")
    return 0


def _check(out: Path, formats: list[str]) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise CallError(f"--out {out}: is there already; remove it or name another folder")
    for name in formats:
        for package in _NEEDS[name]:
            if importlib.util.find_spec(package) is None:
                raise CallError(
                    f"--format {name} needs {package}, which is not installed: pip install 'pet-mood[export]', "
                    "or choose other formats"
                )


def make_pictures(image_size: int) -> list[np.ndarray]:
    """Coloured fields with noise in batches of several sizes, each (batch, image_size, image_size, 3) uint8."""
    rng = np.random.default_rng(0)
    batches = []
    for count in (1, 3, 2):
        place = np.arange(image_size) * 6 // image_size
        fields = rng.integers(0, 256, (count, 6, 6, 3))[:, place][:, :, place]
        batches.append(np.clip(fields + rng.normal(0, 15, fields.shape), 0, 255).astype(np.uint8))
    return batches


def _read_pictures(paths: list[Path], metadata: Metadata) -> Iterator[np.ndarray]:
    for path in paths:
        try:
            yield crop_square(read_upright_pixels(path), None, metadata.crop_grow, metadata.image_size)[None]
        except UnreadableImage as error:
            raise DataError(f"{path}: {error}") from error


def export_model(path: Path, out: Path, formats: list[str], pictures: list[np.ndarray]) -> dict[str, float]:
    """Write a model file in other formats into the folder `out`; by format the largest difference of its logits.

    `pictures` are the batches that both are compared on. Raises DataError, and leaves nothing behind, where a format
    differs by more than TOLERANCE.
    """
    with without_notes():
        import keras

        from trainer.model.model_file import read_model
    if keras.backend.backend() != "tensorflow":
        raise CallError(f"export runs on TensorFlow, not on {keras.backend.backend()}: KERAS_BACKEND=tensorflow")
    model, metadata = read_model(path)
    expected = [model.predict_on_batch(batch)["logits"] for batch in pictures]
    differences = {}
    with _appearing(out) as folder, without_notes():
        (folder / MEMBER).write_bytes(encode_metadata(metadata))
        for name in formats:
            write, load = _WAYS[name]
            write(model, metadata, folder / FILES[name])
            run = load(folder / FILES[name])
            found = [run(batch) for batch in pictures]
            differences[name] = max(float(np.abs(a - b).max()) for a, b in zip(found, expected, strict=True))
            if not differences[name] <= TOLERANCE:
                raise DataError(
                    f"{path}: as {name} its logits differ by {differences[name]:.1e}, more than {TOLERANCE}; "
                    "nothing was written, export the other formats"
                )
    return differences


@contextmanager
def _appearing(out: Path) -> Iterator[Path]:
    """A folder that becomes `out` when the block ends well; an exception leaves nothing behind."""
    whole = out.absolute()
    with lock_folder(whole):
        remove_partials(whole.parent, re.escape(whole.name))  # of an export that was killed
        with make_temporary_folder(whole) as folder:
            yield folder
            whole.rmdir()  # it is empty: the lock made it, or it was there
            folder.rename(whole)


def _specify(metadata: Metadata) -> list[Any]:
    """What goes in: with a side left open, LiteRT would tell its callers to give it squares of one pixel."""
    import tensorflow as tf

    return [tf.TensorSpec((None, metadata.image_size, metadata.image_size, 3), tf.uint8, name="pictures")]


def _write_saved_model(model: Any, metadata: Metadata, path: Path) -> None:
    with name_plainly(path.parent) as parent:
        model.export(parent / path.name, format="tf_saved_model", verbose=False, input_signature=_specify(metadata))


def _load_saved_model(path: Path) -> Predict:
    import tensorflow as tf

    with name_plainly(path) as named:
        loaded = tf.saved_model.load(named)
    # The signature alone does not keep the variables alive: `loaded` is held by the function.
    return lambda batch, loaded=loaded: loaded.signatures["serving_default"](tf.constant(batch))["logits"].numpy()


def _write_litert(model: Any, metadata: Metadata, path: Path) -> None:
    import tensorflow as tf

    saved = path.with_name(FILES["saved_model"])
    wanted = saved.exists()  # the formats are written in their order
    if not wanted:
        _write_saved_model(model, metadata, saved)
    with name_plainly(saved) as named:
        path.write_bytes(tf.lite.TFLiteConverter.from_saved_model(str(named)).convert())
    if not wanted:
        shutil.rmtree(saved)


def _load_litert(path: Path) -> Predict:
    from ai_edge_litert.interpreter import Interpreter

    # By its bytes, which no file name can trouble; the runner resizes the input to what it is given.
    interpreter = Interpreter(model_content=path.read_bytes())
    runner = interpreter.get_signature_runner("serving_default")
    return lambda batch: runner(pictures=batch)["logits"]


def _write_onnx(model: Any, metadata: Metadata, path: Path) -> None:
    import onnx
    import tensorflow as tf
    import tf2onnx

    logging.getLogger("tf2onnx").setLevel(logging.ERROR)
    plain = replace_normalization(model)
    signature = _specify(metadata)
    serve = tf.function(lambda pictures: plain(pictures, training=False), input_signature=signature)
    converted, _ = tf2onnx.convert.from_function(serve, signature, opset=_OPSET)
    onnx.helper.set_model_props(converted, {MEMBER: encode_metadata(metadata).decode()})
    onnx.checker.check_model(converted)
    path.write_bytes(converted.SerializeToString())


def _load_onnx(path: Path) -> Predict:
    import onnxruntime

    session = onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    return lambda batch: session.run(["logits"], {"pictures": batch})[0]


_WAYS = {
    "saved_model": (_write_saved_model, _load_saved_model),
    "litert": (_write_litert, _load_litert),
    "onnx": (_write_onnx, _load_onnx),
}


def replace_normalization(model: Any) -> Any:
    """The same model with every Normalization, nested ones too, as a Rescaling by its statistics.

    tf2onnx makes inputs of their constants, so that what it writes of an EfficientNet cannot be run.
    """
    import keras

    copy = keras.models.clone_model(model, clone_function=_replace_layer)
    for layer in copy.layers:  # nested models have theirs already, and not as many as before
        if layer.weights and not isinstance(layer, keras.Model):
            layer.set_weights(model.get_layer(layer.name).get_weights())
    return copy


def _replace_layer(layer: Any) -> Any:
    import keras

    if isinstance(layer, keras.Model):
        return replace_normalization(layer)
    if not isinstance(layer, keras.layers.Normalization):
        return type(layer).from_config(layer.get_config())
    mean, deviation = np.asarray(layer.mean), np.maximum(np.sqrt(np.asarray(layer.variance)), keras.config.epsilon())
    if mean.size != mean.shape[-1]:
        raise DataError(f"layer {layer.name} normalises by more than colours, which cannot be written as ONNX")
    scale, offset = (deviation, mean) if layer.invert else (1 / deviation, -mean / deviation)
    return keras.layers.Rescaling(scale.ravel().tolist(), offset.ravel().tolist(), name=layer.name, dtype="float32")


if __name__ == "__main__":
    sys.exit(run_command("export", main, sys.argv[1:]))
