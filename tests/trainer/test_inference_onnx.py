"""An exported ONNX file answers as the model does, without TensorFlow."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from shards.errors import CallError, DataError
from tests.conftest import ROOT
from tests.trainer.networks import OFFSET, SIZE, build, describe
from tests.trees import make_jpeg
from trainer.exporting.export_formats import export_model
from trainer.exporting.exported_model import make_comparison_batches, read_mood_export
from trainer.inference import main
from trainer.model.model_file import write_model
from trainer.model.mood_json import read_metadata


@pytest.fixture(scope="module")
def model_path(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("모델") / "model.keras"
    write_model(path, build(), OFFSET, describe())
    export_model(
        read_mood_export(path), path.with_name("x"), {"onnx": "model.onnx"}, make_comparison_batches(SIZE), path
    )
    return path


@pytest.fixture(scope="module")
def exported(model_path) -> Path:
    return model_path.with_name("x") / "model.onnx"


def test_the_same_answers_and_no_tensorflow(model_path, exported, tmp_path, capsys):
    photos = [tmp_path / f"사진 {seed}.jpg" for seed in range(3)]
    for seed, path in enumerate(photos):
        path.write_bytes(make_jpeg(seed))
    assert main(["--weight_path", str(model_path), "--json", "--image", *map(str, photos)]) == 0
    expected = json.loads(capsys.readouterr().out)["results"]
    code = "import sys; from trainer.inference import main; main(sys.argv[1:]); sys.exit('tensorflow' in sys.modules)"
    command = [sys.executable, "-c", code, "--weight_path", exported, "--json", "--image", *photos]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["results"]
    for one, other in zip(found, expected, strict=True):
        shares = [[mood["probability"] for mood in result["probabilities"]] for result in (one, other)]
        np.testing.assert_allclose(*shares, atol=1e-4)
        assert (one["file"], one["sentence"]) == (other["file"], other["sentence"])
    assert read_metadata(exported) == read_metadata(model_path)


def test_a_bit_that_differs_is_found_before_anything_is_answered(exported, tmp_path):
    whole = exported.read_bytes()
    digest = whole.index(b"sha256\x12\x40") + len(b"sha256\x12\x40")
    changes = [(len(whole) // 3, 1), (len(whole) // 2, 1), (whole.index(b"mood.json"), 1), (digest, 1), (digest, 0x80)]
    for place, bit in changes:
        path = tmp_path / f"{place} {bit}.onnx"
        path.write_bytes(whole[:place] + bytes([whole[place] ^ bit]) + whole[place + 1 :])
        with pytest.raises(DataError, match=r"onnx: damaged: differs from what was written"):
            read_metadata(path)
    (tmp_path / "old.onnx").write_bytes(whole.replace(b"sha256", b"sha255"))
    with pytest.raises(DataError, match="states no digest of itself: exported before there was one"):
        read_metadata(tmp_path / "old.onnx")


def test_files_that_are_no_model(exported, tmp_path):
    import onnx

    with pytest.raises(CallError, match="there is no such file"):
        read_metadata(tmp_path / "none.onnx")
    (tmp_path / "cut.onnx").write_bytes(exported.read_bytes()[:-2000])
    with pytest.raises(DataError, match=r"cut.onnx: is no ONNX file, or damaged; export the model again"):
        read_metadata(tmp_path / "cut.onnx")
    others = onnx.load(exported)
    del others.metadata_props[:]
    onnx.save(others, tmp_path / "others.onnx")
    with pytest.raises(CallError, match=r"holds no mood.json, so it is another kind of file"):
        read_metadata(tmp_path / "others.onnx")
