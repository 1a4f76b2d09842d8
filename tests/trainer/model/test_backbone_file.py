"""Backbones from a file: which pixels they get, which layers learn, what is refused, and a real one that transfers."""

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from shards.errors import CallError
from tests.trainer.runs import FINDER_TINY, read_weights, train_finder_here, train_here
from trainer.answering.box_crop import crop_square
from trainer.answering.photo import read_upright_pixels
from trainer.export import main as export
from trainer.finder_settings import FinderSettings
from trainer.finding.centre_network import build_centre_network
from trainer.finding.finder_json import read_finder_metadata
from trainer.model.mood_json import read_metadata
from trainer.model.mood_network import open_mood_network
from trainer.model.network import build_network, find_backbone
from trainer.model.trainable_layers import choose_trainable
from trainer.run_files.checkpoint import read_progress
from trainer.run_files.run_fingerprint import fingerprint_run, identify_file
from trainer.run_files.run_record import read_record, write_record
from trainer.settings import NetworkSettings, TrainSettings

PICTURES = np.random.default_rng(0).integers(0, 256, (4, 64, 64, 3), dtype=np.uint8)
LITE = "backbones/efficientnet_lite0.keras"


def save(path: Path, *front: layers.Layer, shape: tuple = (None, None, 3), block: str = "block") -> Path:
    """A backbone of three halvings behind `front`, with weights that are not those of a new one."""
    keras.utils.set_random_seed(3)
    x = pictures = keras.Input(shape)
    for layer in front:
        x = layer(x)
    for number, width in enumerate((8, 12, 16, 16), 1):
        x = layers.Conv2D(width, 3, strides=2, padding="same", name=f"{block}{number}_conv")(x)
        x = layers.BatchNormalization(name=f"{block}{number}_bn")(x)
        x = layers.ReLU(name=f"{block}{number}_relu")(x)
    model = keras.Model(pictures, x, name="brought")
    rng = np.random.default_rng(1)
    model.set_weights([each + np.abs(rng.normal(0, 0.1, each.shape)).astype("float32") for each in model.get_weights()])
    model.save(path)
    return path


def make_normalization() -> layers.Layer:
    return layers.Normalization(mean=[120.0, 110.0, 100.0], variance=[3600.0, 3500.0, 3400.0])


def make_adapted() -> layers.Layer:
    layer = layers.Normalization()
    layer.adapt(PICTURES.astype("float32"))
    return layer


def _standardise(pixels: np.ndarray) -> np.ndarray:
    return (pixels / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]


@pytest.mark.parametrize(
    "make_front", [lambda: layers.Rescaling(1 / 128, -127 / 128), make_normalization, make_adapted]
)
def test_a_backbone_with_its_own_scaling_gets_raw_pixels(make_front, tmp_path):
    path = save(tmp_path / "백본.keras", make_front())
    network = build_network(NetworkSettings(str(path)), 64)
    expected = keras.saving.load_model(path)(PICTURES.astype("float32"))
    for _ in range(2):
        found = find_backbone(network)(network.layers[1](PICTURES))
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
        network = build_network(NetworkSettings(str(path), weights=str(path)), 64)  # the same weights, by another flag


@pytest.mark.parametrize(
    ("pixels", "scale"),
    [
        ("byte", lambda pixels: pixels),
        ("unit", lambda pixels: pixels / 255),
        ("signed", lambda pixels: pixels / 127.5 - 1),
        ("imagenet", _standardise),
    ],
)
def test_a_backbone_without_scaling_gets_the_pixels_that_are_stated(
    pixels: str, scale: Callable[[np.ndarray], np.ndarray], tmp_path
):
    path = save(tmp_path / "a.keras", shape=(96, 96, 3))  # of one size, and used at another
    with pytest.raises(CallError, match=r"which pixels it takes is not known; say so: --pixels byte"):
        build_network(NetworkSettings(str(path)), 64)
    network = build_network(NetworkSettings(str(path), pixels=pixels), 64)
    free = keras.saving.load_model(save(tmp_path / "b.keras"))
    expected = free(scale(PICTURES.astype("float32")).astype("float32"))
    found = find_backbone(network)(network.layers[1](PICTURES))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_the_model_of_a_run_gives_its_backbone_and_its_scaling(model_path, network):
    again = build_network(NetworkSettings(str(model_path)), 64)
    assert (again.layers[1].scale, again.layers[1].offset) == (1 / 127.5, -1.0)
    for one, other in zip(find_backbone(again).get_weights(), find_backbone(network).get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_from_scratch_nothing_stays_but_the_scaling(tmp_path):
    path = save(tmp_path / "a.keras", make_adapted())
    stored = keras.saving.load_model(path)
    fresh = find_backbone(build_network(NetworkSettings(str(path), "none"), 64))
    assert not np.allclose(fresh.get_layer("block1_conv").kernel, stored.get_layer("block1_conv").kernel)
    assert fresh.get_layer("block1_bn").momentum == 0.9 and not np.any(fresh.get_layer("block1_bn").moving_mean)
    np.testing.assert_allclose(fresh.layers[1](PICTURES), stored.layers[1](PICTURES), atol=1e-5)


@pytest.mark.parametrize("block", ["block", "part"])  # without names, the last block is that of the smallest map
def test_what_learns(block, tmp_path):
    network = build_network(NetworkSettings(str(save(tmp_path / "a.keras", make_normalization(), block=block))), 64)
    backbone = find_backbone(network)
    choose_trainable(network, "frozen", from_scratch=False)
    assert not backbone.trainable_variables
    choose_trainable(network, "last_block", from_scratch=False)
    assert {variable.path.split("/")[-2] for variable in backbone.trainable_variables} == {f"{block}4_conv"}
    choose_trainable(network, "full", from_scratch=False)
    assert len(backbone.trainable_variables) == 8  # of the convolutions: statistics stay


def _save_model(path: Path, *stack: layers.Layer, shape: tuple = (32, 32, 3)) -> Path:
    keras.Sequential([keras.Input(shape), *stack]).save(path)
    return path


@pytest.mark.parametrize(
    ("stack", "shape", "message"),
    [
        ([layers.Conv2D(4, 3), layers.GlobalAveragePooling2D(), layers.Dense(10)], (32, 32, 3), "without its top"),
        ([layers.Conv2D(4, 3)], (32, 32, 1), r"takes \(None, 32, 32, 1\), not pictures"),
    ],
)
def test_models_that_are_no_backbones(stack, shape, message, tmp_path):
    path = _save_model(tmp_path / "a.keras", *stack, shape=shape)
    with pytest.raises(CallError, match=message):
        build_network(NetworkSettings(str(path), pixels="byte"), 64)


def test_files_that_are_not_there_or_damaged(tmp_path):
    with pytest.raises(CallError, match=r"backbone nowhere\.keras does not exist"):
        TrainSettings("a", backbone="nowhere.keras")
    with pytest.raises(CallError, match=r"backbone nowhere\.keras does not exist"):
        FinderSettings("a", backbone="nowhere.keras")
    with pytest.raises(CallError, match="pixels unit is for a backbone from a file"):
        TrainSettings("a", pixels="unit")
    (tmp_path / "a.keras").write_bytes(b"no zip")
    with pytest.raises(CallError, match=r"backbone .*a\.keras cannot be loaded"):
        build_network(NetworkSettings(str(tmp_path / "a.keras")), 64)


def test_a_backbone_is_known_by_its_content(tmp_path):
    settings = TrainSettings("a", backbone=str(save(tmp_path / "a.keras", make_normalization())))
    first = fingerprint_run(settings, "x", "y", {})
    (tmp_path / "b.keras").write_bytes((tmp_path / "a.keras").read_bytes())
    assert fingerprint_run(TrainSettings("a", backbone=str(tmp_path / "b.keras")), "x", "y", {}) == first
    (tmp_path / "a.keras").write_bytes(b"another")
    assert fingerprint_run(settings, "x", "y", {}) != first


def test_a_run_with_a_file_goes_on_and_its_model_stands_alone(pets, tmp_path):
    """Killed in its last epoch, it ends as a run that was not; the file is not needed to use the model."""
    path, out = save(tmp_path / "백본.keras", make_adapted()), tmp_path / "run"
    call = ("--backbone", str(path), "--probe.epochs", "1", "--epochs", "1", "--deterministic", "true")
    whole = train_here(pets, out, *call)
    assert whole.returncode == 0, whole.stderr
    progress, metadata = read_progress(out)[0], read_metadata(out / "model.keras")
    assert progress.backbone == metadata.trained["backbone_sha256"] == identify_file(str(path))
    assert (metadata.backbone, metadata.trained["weights"]) == ("백본.keras", "backbone")
    expected = read_weights(out / "model.keras")

    for lost in (max((out / "checkpoints").glob("*.npz")), out / "metrics.json", out / "model.keras"):
        lost.unlink()
    record = read_record(out, replace=False)
    del record["results"], record["digest"], record["format"]
    write_record(out, record)
    again = train_here(pets, out, *call)
    assert again.returncode == 0 and "goes on after" in again.stderr, again.stderr
    found = read_weights(out / "model.keras")
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array)
    path.unlink()
    gone = train_here(pets, out, *call)
    assert gone.returncode == 2 and "does not exist" in gone.stderr
    loaded = keras.saving.load_model(out / "model.keras")
    logits = loaded.predict(PICTURES, verbose=0)["logits"]
    exported = tmp_path / "out"
    assert export(["--weight_path", str(out / "model.keras"), "--out", str(exported), "--format", "onnx"]) == 0
    found = open_mood_network(exported / "model.onnx").predict_logits(PICTURES)
    np.testing.assert_allclose(found, logits, atol=1e-3)
    save(path, make_normalization())
    other = train_here(pets, out, *call)
    assert other.returncode == 2 and "another run" in other.stderr


def test_a_finder_on_a_backbone_from_a_file(whole_frames, tmp_path):
    path = save(tmp_path / "a.keras", layers.Rescaling(1 / 255))
    network = build_centre_network(NetworkSettings(str(path)), 96)
    assert network.output_shape == (None, 12, 12, 6)
    arguments = [*FINDER_TINY, "--epochs", "1"]
    arguments[1:4] = [str(path), "--weights", "imagenet"]
    result = train_finder_here(whole_frames, tmp_path / "run", *arguments)
    assert result.returncode == 0, result.stderr
    assert read_finder_metadata(tmp_path / "run/finder.keras").backbone == "a.keras"


FOOD = {39, 40, 41, 42, 43, 44, *range(45, 56)}  # bottle to bowl, banana to cake, among COCO's kinds of things


def test_imagenet_weights_transfer(real_files):
    """EfficientNet-Lite0's features tell photos with food, which nobody taught them here; random features do not."""
    folder = real_files / "boxes/coco_permissive"
    photos, has_food = [], []
    for label in sorted((folder / "labels_yolo").glob("*.txt")):
        photos.append(crop_square(read_upright_pixels(folder / f"images/{label.stem}.jpg"), None, 1, 128))
        has_food.append(bool({int(line.split()[0]) for line in label.read_text().splitlines()} & FOOD))
    found = []
    for weights in ("imagenet", "none"):
        network = build_network(NetworkSettings(str(real_files / LITE), weights), 128)
        is_new = weights == "none"  # then its statistics are those of no picture
        features = find_backbone(network)(network.layers[1](np.stack(photos)), training=is_new)
        found.append(tell_apart(np.asarray(features).mean((1, 2)), np.array(has_food)))
    assert found[0] > 0.75 > 0.65 > found[1], found


def tell_apart(features: np.ndarray, truth: np.ndarray) -> float:
    """The mean recall of both kinds, where each picture is of the kind whose others it is more like."""
    features = (features - features.mean(0)) / (features.std(0) + 1e-3)
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    likeness = features @ features.T
    np.fill_diagonal(likeness, np.nan)
    answers = np.nanmean(likeness[:, truth], axis=1) > np.nanmean(likeness[:, ~truth], axis=1)
    return ((answers[truth]).mean() + (~answers[~truth]).mean()) / 2
