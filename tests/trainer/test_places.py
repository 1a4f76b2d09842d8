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
from tests.trainer.runs import SCRATCH, TINY, read_weights, train_here
from trainer import inference
from trainer.export import EXPORT_FILES

RUN = (*SCRATCH, "--epochs", "1", "--deterministic", "true", "--self_check", "true", "--tensorboard")
ODD = "펫".encode("cp949") + b" [a]*?{b}"  # no UTF-8, and what patterns are made of


# Runs several modules one after the other, as `python -m` does, in one process: importing TensorFlow takes seconds.
MODULES = """
import runpy, sys
calls = [[]]
for word in sys.argv[1:]:
    calls.append([]) if word == ";" else calls[-1].append(word)
for sys.argv in calls:
    try:
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    except SystemExit as end:
        if end.code:
            raise
    print("\\0", flush=True)
"""


def call_all(*calls: tuple[str | bytes | Path, ...], options: tuple[str, ...] = (), **environment: str) -> list[str]:
    """Run modules of trainer to their ends, which have to be good; their standard outputs."""
    words = [word for arguments in calls for word in (*arguments, ";")][:-1]
    done = subprocess.run(
        [sys.executable, *options, "-c", MODULES, *words], cwd=ROOT, env=os.environ | environment, capture_output=True
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout.decode("utf-8").split("\0\n")[:-1]


@pytest.fixture(scope="module")
def plain(pets, tmp_path_factory) -> Path:
    """The same run in this process, in no odd place."""
    out = tmp_path_factory.mktemp("plain") / "run"
    assert train_here(pets, out, *RUN).returncode == 0
    return out


def same_weights(one: Path, other: Path) -> bool:
    first, second = read_weights(one / "model.keras"), read_weights(other / "model.keras")
    return first.keys() == second.keys() and all((first[name] == second[name]).all() for name in first)


def ask(model: Path, *images: Path | bytes) -> tuple[str | bytes | Path, ...]:
    return ("trainer.inference", "--weight_path", model, "--json", "--image", *images)


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
    _, text = call_all(
        ("trainer.train", "--train", pets, "--out", out, *TINY, *RUN), ("trainer.train", "--help"), **home
    )
    assert same_weights(plain, out) and "--learning_rate" in text
    # A process of its own: it has to undo the user's settings itself.
    answers, output = call_all(
        ask(out / "model.keras", tmp_path / "a.jpg"),
        ("trainer.export", "--weight_path", out / "model.keras", "--out", tmp_path / "x"),
        **home,
    )
    np.testing.assert_array_equal(read_probabilities(answers), predict_here(plain / "model.keras", tmp_path / "a.jpg"))
    assert [float(part) < 1e-4 for part in re.findall(r"by (\S+) at most", output)] == [True] * len(EXPORT_FILES)


@pytest.mark.skipif(sys.platform != "linux", reason="names are text elsewhere")
def test_names_that_are_no_text_and_a_home_that_cannot_be_written(pets, plain, tmp_path):
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + ODD))
    odd.mkdir()
    shutil.copytree(pets, odd / "data")
    home = {"HOME": "/dev/null/nobody"}
    out = odd / "run"
    photo, clip = (
        Path(os.fsdecode(os.fsencode(odd) + b"/" + name.encode("cp949"))) for name in ("사진.jpg", "영상.avi")
    )
    (tmp_path / "a.jpg").write_bytes(make_coloured(3, 1))
    shutil.copy(tmp_path / "a.jpg", photo)
    shutil.copy(write_noise(tmp_path / "a.avi", "MJPG"), clip)
    train = ("trainer.train", "--train", odd / "data", "--out", out, *TINY, *RUN)
    weights = ("--weights", out / "model.keras", "--probe.epochs", "1", "--epochs", "1")
    _, again, answers, _, _ = call_all(
        train,
        train,
        ask(out / "model.keras", odd, clip),  # a folder, which holds the photo; and the clip
        ("trainer.export", "--weight_path", out / "model.keras", "--out", odd / "x"),
        ("trainer.train", "--train", pets, "--out", odd / "again", *TINY, *weights),
        **home,
    )
    assert same_weights(plain, out)
    assert "is done already" in again
    record = json.loads((out / "run.json").read_bytes())
    assert record["data"]["train"]["path"] == str(odd / "data")
    assert (out / "report.html").read_text("utf-8").count("[a]*?{b}") >= 2
    assert any(path.name.startswith("events.out.tfevents") for path in (out / "tensorboard").iterdir())
    np.testing.assert_array_equal(
        read_probabilities(answers)[-2:], predict_here(plain / "model.keras", tmp_path / "a.jpg", tmp_path / "a.avi")
    )
    assert sorted(path.name for path in (odd / "x").iterdir()) == [
        *("model.onnx", "model.tflite", "mood.json", "saved_model"),
    ]
    assert (odd / "again/model.keras").exists()
    assert [path.name for path in odd.rglob(".*")] == []
