"""The map of frames: like codes lie near each other, and a run's features are those of its network."""

import json

import keras
import numpy as np
import pyarrow.parquet as pq
import pytest

from console.command import run_command
from preprocess.run import run
from preprocess.settings import PreprocessSettings
from tests.trainer.networks import OFFSET, build, describe
from tests.trees import make_jpeg, make_label, write_video
from tools import dataset_report
from tools.overview.frame_map import place_on_map, unpack_hashes
from tools.overview.run_features import open_run_features
from tools.reporting.frame_pictures import FramePictures
from tools.reporting.opened_dataset import open_dataset
from trainer.model.model_copy import apply_normalization_statistics, copy_model
from trainer.model.model_file import write_model
from trainer.model.network import POOL_LAYER


def test_like_codes_lie_near_each_other():
    rng = np.random.default_rng(0)
    middles = rng.integers(0, 2, (2, 64)).astype(bool)
    codes = np.repeat(middles, 20, axis=0) ^ (rng.random((40, 64)) < 0.05)
    places = place_on_map(codes, "hamming", 0)
    assert places.shape == (40, 2) and places.min() == 0 and places.max() == 1
    one, other = places[:20], places[20:]
    apart = np.linalg.norm(one.mean(axis=0) - other.mean(axis=0))
    assert apart > 3 * max(group.std(axis=0).max() for group in (one, other))
    assert np.array_equal(places, place_on_map(codes, "hamming", 0))


@pytest.mark.parametrize("codes", [np.eye(9, 64, dtype=bool), np.ones((20, 64), bool), np.empty((0, 0))])
def test_too_few_or_equal_frames_have_no_map(codes):
    assert place_on_map(codes, "hamming", 0) is None


def test_bits_of_hashes():
    assert unpack_hashes([b"\x80\x01", b"\x00\xff"]).astype(int).tolist() == [
        [1] + [0] * 14 + [1],
        [0] * 8 + [1] * 8,
    ]


def test_a_map_by_the_features_of_a_run(two_workers, tmp_path):
    images = {5 * number: make_jpeg(number) for number in range(12)}
    write_video(tmp_path / "원본", "dog-sit-000001", images, label=make_label())
    folder, trained = tmp_path / "데이터", tmp_path / "실행"
    run(PreprocessSettings(source=[str(tmp_path / "원본")], out=str(folder)))
    trained.mkdir()
    network = build()
    write_model(trained / "model.keras", network, OFFSET, describe())
    opened = open_dataset(folder)
    pictures = FramePictures(opened, [])
    rows = [row for row in pq.read_table(folder / "manifest.parquet").to_pylist() if row["status"] == "kept"]
    features = open_run_features(trained, pictures)(rows)
    squares = pictures.decode_crops(rows, 48)
    assert features.keys() == squares.keys() == {row["key"] for row in rows}
    x = keras.ops.convert_to_tensor(np.stack(list(squares.values())))
    for layer in apply_normalization_statistics(copy_model(network, "float32")).layers[1:]:
        x = layer(x, training=False) if isinstance(layer, keras.Model) else layer(x)
        if layer.name == POOL_LAYER:
            break
    assert x.ndim == 2 and np.asarray(x).std(axis=0).max() > 0.01
    assert np.allclose(np.stack([features[key] for key in squares]), x, atol=1e-4)
    figures = tmp_path / "수치.json"
    call = [str(folder), "--run", str(trained), "--json", str(figures)]
    assert run_command("dataset_report", dataset_report.main, call) == 0
    told = json.loads(figures.read_text("utf-8"))["frames"]
    assert told["map_by"] == "features" and told["mapped"] == len(rows) >= 10
    assert "frames that the run’s model sees alike" in (tmp_path / "데이터.dataset.html").read_text("utf-8")
