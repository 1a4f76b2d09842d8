"""The export command: what it takes and prints, and calls that it refuses."""

import sys

import pytest

from shards.errors import CallError
from tests.terminal import check_piped
from tests.trainer.networks import OFFSET, build, describe
from trainer.export import main
from trainer.model.model_file import write_model


@pytest.fixture(scope="module")
def model_path(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "model.keras"
    write_model(path, build("mixed_float16"), OFFSET, describe())
    return path


def test_one_format_of_given_pictures(model_path, tmp_path, real_files, capfd):
    photo = real_files / "jpeg_edge/pillow/hopper.jpg"
    out = tmp_path / "litert"
    out.mkdir()  # an empty folder is no obstacle
    (tmp_path / ".litert.123-0123abcd.partial/saved_model").mkdir(parents=True)  # of an export that was killed
    call = ["--weight_path", str(model_path.parent), "--out", str(out), "--format", "litert", "--image", str(photo)]
    assert main(call) == 0
    assert sorted(path.name for path in out.iterdir()) == ["model.tflite", "mood.json"]
    assert list(tmp_path.iterdir()) == [out]
    shown = capfd.readouterr()
    assert "model.tflite: answers differ from the model's by" in shown.out and "loading TensorFlow" in shown.err
    made, figures, following = check_piped(shown.out, shown.err)
    assert made == [out] and len(figures) == 3 and following[:2] == ["--weight_path", str(model_path)]


def test_calls_that_cannot_be_met(model_path, tmp_path, monkeypatch):
    call = ["--weight_path", str(model_path), "--out", str(tmp_path / "out")]
    (tmp_path / "full").mkdir()
    (tmp_path / "full/file").touch()
    with pytest.raises(CallError, match="is there already"):
        main([*call[:3], str(tmp_path / "full")])
    with pytest.raises(CallError, match=r"none\.jpg does not exist"):
        main([*call, "--image", "none.jpg"])
    with pytest.raises(CallError, match=r"--weight_path none\.keras does not exist"):
        main(["--weight_path", "none.keras", *call[2:]])
    with pytest.raises(CallError, match=r"--finder .*holds no finder\.keras"):
        main([*call, "--finder", str(tmp_path)])
    with pytest.raises(CallError, match=r"model\.onnx: only a \.keras file can be exported"):
        (tmp_path / "full/model.onnx").touch()
        main(["--weight_path", str(tmp_path / "full/model.onnx"), *call[2:]])
    monkeypatch.setitem(sys.modules, "tf2onnx", None)  # as if it were not installed
    with pytest.raises(CallError, match=r"onnx: tf2onnx is not installed: make setup, "):
        main(call)
    assert [path.name for path in tmp_path.iterdir()] == ["full"]
