"""Models, weights and checkpoints that a stranger has forged: nothing in them is run, written or read elsewhere."""

import io
import json
import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from shards.errors import CallError, DataError
from shards.storage.self_checksum import ChecksumMismatch, append_checksum
from trainer.model.backbones import build_backbone
from trainer.model.foreign_files.backbone_file import read_backbone_file
from trainer.model.foreign_files.legacy_file import load_legacy_weights
from trainer.model.model_file import read_model
from trainer.model.mood_json import read_metadata
from trainer.run_files.checkpoint import decode_checkpoint
from trainer.settings import NetworkSettings


def write_model_with(path: Path, *extra: layers.Layer, inside: Path) -> Path:
    """The model file `inside` of a run with another network in it: layers that hold what a stranger wants to be run."""
    pictures = keras.Input((None, None, 3))
    x = layers.Conv2D(4, 3, name="conv")(pictures)
    for layer in extra:
        x = layer(x)
    keras.Model(pictures, x, name="pet_mood").save(path)
    with zipfile.ZipFile(inside) as own, zipfile.ZipFile(path, "a") as archive:
        archive.writestr("mood.json", own.read("mood.json"))
    return path


def rewrite_config(path: Path, change) -> Path:
    """Another text for config.json of a .keras file."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["config.json"] = change(members["config.json"].decode()).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def forge_lambda(path: Path, inside: Path, mark: Path) -> Path:
    name = str(mark)  # Keras stores what the function holds
    return write_model_with(path, layers.Lambda(lambda x: [x, open(name, "a").close()][0]), inside=inside)


def forge_function(path: Path, inside: Path, mark: Path) -> Path:
    """A layer whose class is a function of Python's."""
    write_model_with(path, inside=inside)

    def change(text: str) -> str:
        config = json.loads(text)
        layer = next(each for each in config["config"]["layers"] if each["class_name"] == "Conv2D")
        layer |= {
            "module": "os",
            "class_name": "system",
            "registered_name": "system",
            "config": {"command": f"touch {mark}"},
        }
        return json.dumps(config)

    return rewrite_config(path, change)


def forge_activation(path: Path, inside: Path, mark: Path) -> Path:
    """An activation that is a function of another module."""
    what = {"module": "pathlib", "class_name": "function", "config": "Path.touch", "registered_name": "Path.touch"}
    write_model_with(path, inside=inside)
    return rewrite_config(
        path, lambda text: text.replace('"activation": "linear"', f'"activation": {json.dumps(what)}')
    )


@pytest.mark.parametrize("forge", [forge_lambda, forge_function, forge_activation])
def test_a_model_with_code_in_it_is_refused_and_nothing_is_run(forge, model_path, tmp_path):
    mark = tmp_path / "run"
    path = forge(tmp_path / "model.keras", model_path, mark)
    mark.unlink(missing_ok=True)  # Keras calls a Lambda's function when the layer is made, too
    with pytest.raises(DataError, match=r"model\.keras: Keras [\d.]+ cannot load it: ") as refused:
        read_model(path)
    with pytest.raises(CallError, match="cannot be loaded: "):
        read_backbone_file(path)
    with pytest.raises(CallError, match="cannot be loaded: "):
        build_backbone(NetworkSettings("small", str(path)))
    assert "\n" not in str(refused.value)
    assert not mark.exists()


def test_members_of_a_model_that_lead_out_of_it_are_not_written(model_path, tmp_path):
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    path = folder / "model.keras"
    path.write_bytes(model_path.read_bytes())
    with zipfile.ZipFile(path, "a") as archive:
        for name in ("../out.txt", "assets/../../../out.txt", "/tmp/pet_mood_out.txt", "assets/x.txt"):
            archive.writestr(name, "written")
    read_model(path)
    assert sorted(each.name for each in tmp_path.rglob("*")) == ["a", "b", "model.keras"]
    assert not Path("/tmp/pet_mood_out.txt").exists()


def change_end(data: bytes) -> bytes:
    """The directory at an offset before the file's first byte."""
    at = data.rindex(b"PK\5\6")
    return data[: at + 12] + b"\xff\xff\xff\x7f" + data[at + 16 :]


def encrypt(data: bytes) -> bytes:
    """The first member's flag of an encrypted one, in its header and in the directory."""
    at = data.rindex(b"PK\1\2")
    place = int.from_bytes(data[at + 42 : at + 46], "little")
    data = data[: at + 8] + b"\1" + data[at + 9 :]
    return data[: place + 6] + b"\1" + data[place + 7 :]


def pack_bomb(data: bytes) -> bytes:
    file = io.BytesIO(data)
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("assets/zeros", bytes(60_000_000))
    return file.getvalue()


@pytest.mark.parametrize(
    ("change", "words"),
    [(change_end, "damaged: "), (encrypt, "damaged: .*encrypted"), (pack_bomb, r"claims 6\d,.* bytes in a file of ")],
)
def test_zips_that_lie_are_refused_before_keras_sees_them(model_path, tmp_path, change, words):
    path = tmp_path / "model.keras"
    path.write_bytes(change(model_path.read_bytes()))
    with pytest.raises(DataError, match=rf"model\.keras: {words}"):
        read_metadata(path)


def make_small_backbone(path: Path) -> keras.Model:
    pictures = keras.Input((None, None, 3))
    model = keras.Model(pictures, layers.Conv2D(4, 3, name="conv")(pictures), name="small")
    with h5py.File(path, "w") as file:
        file.create_dataset("conv/conv/kernel:0", data=np.ones((3, 3, 3, 4), np.float32))
        file.create_dataset("conv/conv/bias:0", data=np.ones(4, np.float32))
    return model


def test_weights_of_keras_2_that_point_at_other_files_or_fill_memory(tmp_path):
    path, secret = tmp_path / "weights.h5", tmp_path / "secret"
    model = make_small_backbone(path)
    load_legacy_weights(model, path, "small")
    assert (np.asarray(model.get_layer("conv").bias) == 1).all()
    secret.write_bytes(bytes(range(16)))
    with h5py.File(path, "a") as file:
        del file["conv/conv/bias:0"]
        file.create_dataset("conv/conv/bias:0", (4,), "f4", external=[(str(secret), 0, 16)])
    with pytest.raises(CallError, match="lacks conv/bias"):
        load_legacy_weights(model, path, "small")
    with h5py.File(path, "a") as file:
        del file["conv/conv/bias:0"]
        file.create_dataset("conv/conv/bias:0", (1 << 45,), "f4", chunks=(1 << 20,))  # 140 TB of zeros in some bytes
    with pytest.raises(CallError, match=r"has \(35184372088832,\) for conv/bias"):
        load_legacy_weights(model, path, "small")
    with h5py.File(path, "a") as file:
        file.attrs["model_config"] = "[" * 50_000
    with pytest.raises(CallError, match="cannot be read as HDF5"):
        load_legacy_weights(model, path, "small")


class Touch:
    """Pickled, it makes a file when it is read."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_a_checkpoint_with_a_pickled_object_is_not_read(tmp_path):
    progress, mark, buffer = np.frombuffer(b"{}", np.uint8), tmp_path / "run", io.BytesIO()
    np.savez(buffer, progress=progress, **{"00000": np.array([Touch(mark)], object)})
    with pytest.raises(ChecksumMismatch, match=r"is no checkpoint of this program .*pickle"):
        decode_checkpoint(append_checksum(buffer.getvalue()))
    assert not mark.exists()
    for other in (b"", b"PK\3\4", b"\x93NUMPY", b"\x80\4."):
        with pytest.raises(ChecksumMismatch, match="is no checkpoint of this program"):
            decode_checkpoint(append_checksum(other))
