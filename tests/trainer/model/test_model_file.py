import subprocess
import sys
import zipfile
from pathlib import Path

import keras
import msgspec
import numpy as np
import pytest

from shards.emotions import EMOTIONS
from shards.errors import CallError, DataError
from tests.trainer.networks import OFFSET, SIZE, balanced_logits, build, describe, make_squares
from trainer.model.model_file import build_serving_model, read_model, write_model
from trainer.model.mood_json import MOOD_JSON, encode_metadata, read_metadata
from trainer.model.network import build_network, resize_pictures
from trainer.settings import NetworkSettings

SQUARES = make_squares(1, 3, SIZE)


@pytest.fixture(scope="module")
def model_path(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("모델") / "model.keras"
    write_model(path, build(), OFFSET, describe())
    return path


@pytest.mark.parametrize("policy", ["float32", "mixed_float16"])
def test_the_file_gives_the_networks_balanced_logits(policy, tmp_path):
    network = build(policy)
    before = network.get_weights()
    write_model(tmp_path / "model.keras", network, OFFSET, describe())
    assert all((a == b).all() for a, b in zip(before, network.get_weights(), strict=True))
    model, metadata = read_model(tmp_path / "model.keras")
    assert metadata == describe()
    assert {str(variable.dtype) for variable in model.weights} == {"float32"}
    assert not [part for part in model._flatten_layers() if part.compute_dtype not in ("float32", "uint8")]
    outputs = model.predict(SQUARES, verbose=0)
    expected = balanced_logits(network, SQUARES)
    assert np.ptp(expected) > 0.5  # they say something
    np.testing.assert_allclose(outputs["logits"], expected, atol=1e-5)
    sharpened = np.exp(expected / 1.7)
    np.testing.assert_allclose(outputs["probabilities"], sharpened / sharpened.sum(axis=1, keepdims=True), atol=1e-6)
    assert list(tmp_path.iterdir()) == [tmp_path / "model.keras"]


def test_squares_of_any_size_are_resized_bilinearly(model_path):
    import tensorflow as tf

    model, _ = read_model(model_path)
    for side in (31, SIZE, 130):
        squares = make_squares(side, 2, side)
        resized = tf.image.resize(tf.cast(squares, tf.float32), (SIZE, SIZE), "bilinear", antialias=False)
        expected = balanced_logits(build(), resized.numpy())
        np.testing.assert_allclose(model(squares)["logits"], expected, atol=1e-4)


def test_squares_are_brought_to_the_side_that_the_network_judges_at(tmp_path):
    """Stated beside the side of the squares to give; a file of before, which does not state it, judges at that one."""
    squares, network = make_squares(3, 2, SIZE), build()
    write_model(tmp_path / "model.keras", network, OFFSET, describe(network_size=40))
    model, metadata = read_model(tmp_path / "model.keras")
    assert (metadata.image_size, metadata.network_size) == (SIZE, 40)
    expected = balanced_logits(network, np.asarray(resize_pictures(squares, 40)))
    np.testing.assert_allclose(model(squares)["logits"], expected, atol=1e-4)
    stated = msgspec.to_builtins(metadata)
    del stated["network_size"]
    with_member(tmp_path / "model.keras", MOOD_JSON, msgspec.json.encode(stated))
    assert read_metadata(tmp_path / "model.keras").network_size is None
    old = build_serving_model(network, OFFSET, read_metadata(tmp_path / "model.keras"))
    np.testing.assert_allclose(old(squares)["logits"], balanced_logits(network, squares), atol=1e-4)


def test_a_plain_call_infers_and_changes_nothing(model_path):
    model = keras.saving.load_model(model_path)
    before = model.get_weights()
    alone, together = model(SQUARES[:1])["logits"], model(SQUARES)["logits"]
    np.testing.assert_allclose(alone, together[:1], atol=1e-5)
    np.testing.assert_allclose(model.predict(SQUARES, verbose=0)["logits"], together, atol=1e-5)
    assert all((a == b).all() for a, b in zip(before, model.get_weights(), strict=True))


# Refuses to import anything of ours, as on a machine where the package is not installed.
FOREIGN = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("trainer", "shards", "preprocess", "tools"):
            raise ImportError(f"{name} is not here")
sys.meta_path.insert(0, Refuse())
import keras, numpy
model = keras.saving.load_model("model.keras")
squares = numpy.load("squares.npy")
numpy.save("logits.npy", model.predict(squares, verbose=0)["logits"])
try:
    import trainer
except ImportError:
    print("alone")
"""


def run_alone(folder: Path) -> np.ndarray:
    np.save(folder / "squares.npy", SQUARES)
    done = subprocess.run([sys.executable, "-P", "-c", FOREIGN], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "alone" in done.stdout
    return np.load(folder / "logits.npy")


def test_plain_keras_loads_it_without_this_package(tmp_path):
    network = build("mixed_float16")
    write_model(tmp_path / "model.keras", network, OFFSET, describe())
    np.testing.assert_allclose(run_alone(tmp_path), balanced_logits(network, SQUARES), atol=1e-5)


def test_efficientnet_as_the_nested_backbone(tmp_path):
    network = build("mixed_float16", "EfficientNetB0")
    write_model(tmp_path / "model.keras", network, OFFSET, describe(backbone="EfficientNetB0"))
    expected = balanced_logits(network, SQUARES)
    np.testing.assert_allclose(run_alone(tmp_path), expected, rtol=1e-4, atol=1e-4)
    assert np.abs(expected[0] - expected[1]).max() > 0.1  # pictures matter
    in_memory = build_serving_model(network, OFFSET, describe())
    np.testing.assert_allclose(in_memory(SQUARES)["logits"], expected, rtol=1e-4, atol=1e-4)
    backbone = [
        layer.name for layer in read_model(tmp_path / "model.keras")[0].layers if isinstance(layer, keras.Model)
    ]
    assert backbone == ["efficientnetb0"]  # where --weights FILE looks for it


def test_metadata_is_read_without_keras(model_path):
    code = f"import sys; from pathlib import Path; from trainer.model.mood_json import read_metadata as read; \
print(read(Path({str(model_path)!r})).emotions[3].korean, 'keras' in sys.modules, 'tensorflow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.split() == ["편안/안정", "False", "False"], done.stderr
    assert [(m.korean, m.english) for m in read_metadata(model_path).emotions] == list(map(tuple, EMOTIONS))


def with_member(path: Path, name: str, data: bytes | None) -> None:
    """Write the zip anew with one member changed, or left out."""
    with zipfile.ZipFile(path) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    members[name] = data
    with zipfile.ZipFile(path, "w") as archive:
        for member, content in members.items():
            if content is not None:
                archive.writestr(member, content)


def change_metadata(**changes):
    def damage(path: Path) -> None:
        with_member(path, MOOD_JSON, msgspec.json.encode(msgspec.to_builtins(describe()) | changes))

    return damage


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def flip_a_bit(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        weights = archive.getinfo("model.weights.h5")
        middle = weights.header_offset + weights.compress_size // 2
    data = bytearray(path.read_bytes())
    data[middle] ^= 4
    path.write_bytes(data)


SWAPPED = msgspec.to_builtins(describe().emotions)
SWAPPED[0], SWAPPED[1] = SWAPPED[1] | {"label": 0}, SWAPPED[0] | {"label": 1}


@pytest.mark.parametrize(
    ("damage", "error", "message"),
    [
        (lambda path: path.unlink(), CallError, "no such file"),
        (lambda path: (path.unlink(), path.mkdir()), CallError, "is not a file"),
        (lambda path: path.write_bytes(b""), DataError, "damaged"),
        (lambda path: path.write_bytes(b"no zip at all"), DataError, "damaged"),
        (cut_off, DataError, "damaged"),
        (flip_a_bit, DataError, r"model\.weights\.h5 does not fit its checksum"),
        (lambda path: with_member(path, MOOD_JSON, None), CallError, "holds no mood.json"),
        (lambda path: with_member(path, MOOD_JSON, b"{"), DataError, "mood.json is damaged"),
        (change_metadata(temperature="warm"), DataError, r"\$\.temperature"),
        (change_metadata(version=9), DataError, "version 9, this program reads 'pet_mood model' version 1"),
        (change_metadata(format="other"), DataError, "is 'other' version 1"),
        (change_metadata(emotions=SWAPPED), DataError, "numbers the moods as .*공포"),
        (change_metadata(emotions=SWAPPED[2:]), DataError, "moods"),
        (lambda path: with_member(path, "config.json", b"{}"), DataError, "cannot load it"),
        (lambda path: with_member(path, "model.weights.h5", None), DataError, "cannot load it"),
    ],
)
def test_what_is_no_model_file(model_path, tmp_path, damage, error, message):
    path = tmp_path / "model.keras"
    path.write_bytes(model_path.read_bytes())
    damage(path)
    with pytest.raises(error, match=message) as raised:
        read_model(path)
    assert str(raised.value).startswith(str(path)) and "\n" not in str(raised.value)


def test_a_file_of_another_kind(tmp_path):
    (tmp_path / "weights.h5").write_bytes(b"x")
    with pytest.raises(CallError, match=r"weights\.h5: a file of Keras 2 does not say"):
        read_model(tmp_path / "weights.h5")
    with pytest.raises(CallError, match=r"end in \.keras"):
        write_model(tmp_path / "weights.h5", build(), OFFSET, describe())


def test_the_least_version_of_keras(model_path, monkeypatch):
    assert read_metadata(model_path).keras == "3.15.0"
    monkeypatch.setattr(keras, "__version__", "3.9.2")  # a number, not a text: 9 is before 15
    assert read_model(model_path)  # what loads is loaded
    monkeypatch.setattr(keras.saving, "load_model", lambda *_, **__: 1 / 0)
    with pytest.raises(CallError, match=r"needs Keras 3\.15\.0 or later, here is 3\.9\.2"):
        read_model(model_path)
    monkeypatch.setattr(keras, "__version__", "3.15.0")
    with pytest.raises(DataError, match=r"Keras 3\.15\.0 cannot load it: division by zero"):
        read_model(model_path)


@pytest.mark.parametrize("error", [ValueError(), ValueError(" \n"), MemoryError()])
def test_an_exception_without_text_is_one_line_too(error, model_path, monkeypatch):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(keras.saving, "load_model", fail)
    with pytest.raises(DataError, match=f"cannot load it: {type(error).__name__}"):
        read_model(model_path)
    with pytest.raises(CallError, match=f"cannot be loaded: {type(error).__name__}"):
        build_network(NetworkSettings("small", str(model_path)), 32)


@pytest.mark.parametrize(
    "changes",
    [{"temperature": 0.0}, {"temperature": float("nan")}, {"prior": [1.0]}, {"prior": [-0.2, 0.4, 0.2, 0.2, 0.2, 0.2]}],
)
def test_numbers_that_no_probability_comes_of(changes, tmp_path):
    with pytest.raises(ValueError, match=r"prior|temperature"):
        encode_metadata(describe(**changes))


def test_a_failed_write_leaves_the_old_file(model_path, tmp_path):
    path = tmp_path / "model.keras"
    path.write_bytes(model_path.read_bytes())
    for offset in (np.zeros(5), np.full(6, np.inf)):
        with pytest.raises(ValueError, match="offset"):
            write_model(path, build(), offset, describe())
    assert path.read_bytes() == model_path.read_bytes() and list(tmp_path.iterdir()) == [path]
