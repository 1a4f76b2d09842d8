"""Where it runs is not trusted: a user's keras.json, a home that cannot be written, names that are no text, -OO."""

import io
import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import ROOT
from tests.trainer.answering.test_video_file import write_noise
from tests.trainer.conftest import make_coloured
from tests.trainer.runs import SCRATCH, TINY, read_weights
from trainer import inference
from trainer.export import EXPORT_FILES

RUN = (*TINY, *SCRATCH, "--epochs", "1", "--deterministic", "true", "--self_check", "true", "--tensorboard")
ODD = "펫".encode("cp949") + b" [a]*?{b}"  # no UTF-8, and what patterns are made of


def call(*arguments: str | bytes | Path, options: tuple[str, ...] = (), **environment: str) -> str:
    """Run a module of trainer to its end, which has to be good; its standard output."""
    done = subprocess.run(
        [sys.executable, *options, "-m", *arguments], cwd=ROOT, env=os.environ | environment, capture_output=True
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout.decode("utf-8")


@pytest.fixture(scope="module")
def plain(pets, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("plain") / "run"
    call("trainer.train", "--train", pets, "--out", out, *RUN)
    return out


def same_weights(one: Path, other: Path) -> bool:
    first, second = read_weights(one / "model.keras"), read_weights(other / "model.keras")
    return first.keys() == second.keys() and all((first[name] == second[name]).all() for name in first)


def predict(model: Path, *images: Path | bytes, options: tuple[str, ...] = (), **environment: str) -> list[np.ndarray]:
    arguments = ("trainer.inference", "--weight_path", model, "--json", "--image", *images)
    return read_probabilities(call(*arguments, options=options, **environment))


def predict_here(model: Path, *images: Path) -> list[np.ndarray]:
    """The same in this process, in no odd place."""
    output = io.StringIO()
    with redirect_stdout(output):
        assert inference.main(["--weight_path", str(model), "--json", "--image", *map(str, images)]) == 0
    return read_probabilities(output.getvalue())


def read_probabilities(output: str) -> list[np.ndarray]:
    results = json.loads(output)["results"]
    return [np.array([mood["probability"] for mood in result["probabilities"]]) for result in results]


def test_a_users_keras_json_and_no_docstrings(pets, plain, tmp_path):
    """Channels first, half precision and a large epsilon, for what else this user does; and python -OO."""
    settings = {"floatx": "float16", "epsilon": 0.1, "backend": "tensorflow", "image_data_format": "channels_first"}
    (tmp_path / ".keras").mkdir()
    (tmp_path / ".keras/keras.json").write_text(json.dumps(settings))
    (tmp_path / "a.jpg").write_bytes(make_coloured(3, 1))
    home = {"HOME": str(tmp_path), "options": ("-OO",)}
    out = tmp_path / "run"
    call("trainer.train", "--train", pets, "--out", out, *RUN, **home)
    assert same_weights(plain, out)
    found, expected = (
        predict(out / "model.keras", tmp_path / "a.jpg", **home),
        predict_here(plain / "model.keras", tmp_path / "a.jpg"),
    )
    np.testing.assert_array_equal(found, expected)
    output = call("trainer.export", "--weight_path", out / "model.keras", "--out", tmp_path / "x", **home)
    assert [float(part) < 1e-4 for part in re.findall(r"by (\S+) at most", output)] == [True] * len(EXPORT_FILES)
    assert "--learning_rate" in call("trainer.train", "--help", **home)


@pytest.mark.skipif(sys.platform != "linux", reason="names are text elsewhere")
def test_names_that_are_no_text_and_a_home_that_cannot_be_written(pets, plain, tmp_path):
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + ODD))
    odd.mkdir()
    shutil.copytree(pets, odd / "data")
    home = {"HOME": "/dev/null/nobody"}
    out = odd / "run"
    call("trainer.train", "--train", odd / "data", "--out", out, *RUN, **home)
    assert same_weights(plain, out)
    assert "is done already" in call("trainer.train", "--train", odd / "data", "--out", out, *RUN, **home)
    record = json.loads((out / "run.json").read_bytes())
    assert record["data"]["train"]["path"] == str(odd / "data")
    assert (out / "report.html").read_text("utf-8").count("[a]*?{b}") >= 2
    assert any(path.name.startswith("events.out.tfevents") for path in (out / "tensorboard").iterdir())

    photo, clip = (
        Path(os.fsdecode(os.fsencode(odd) + b"/" + name.encode("cp949"))) for name in ("사진.jpg", "영상.avi")
    )
    (tmp_path / "a.jpg").write_bytes(make_coloured(3, 1))
    shutil.copy(tmp_path / "a.jpg", photo)
    shutil.copy(write_noise(tmp_path / "a.avi", "MJPG"), clip)
    found = predict(out / "model.keras", odd, clip, **home)  # a folder, which holds the photo; and the clip
    np.testing.assert_array_equal(
        found[-2:], predict_here(plain / "model.keras", tmp_path / "a.jpg", tmp_path / "a.avi")
    )

    call("trainer.export", "--weight_path", out / "model.keras", "--out", odd / "x", **home)
    assert sorted(path.name for path in (odd / "x").iterdir()) == [
        *("model.onnx", "model.tflite", "mood.json", "saved_model"),
    ]
    weights = ("--weights", out / "model.keras", "--probe.epochs", "1", "--epochs", "1")
    call("trainer.train", "--train", pets, "--out", odd / "again", *TINY, *weights, **home)
    assert [path.name for path in odd.rglob(".*")] == []
