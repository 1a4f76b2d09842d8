"""A mood without a training frame is never answered: by training, evaluation, the file, its exports, and in words."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest

from preprocess.run import run as preprocess
from preprocess.settings import CropSettings, DedupeSettings
from preprocess.settings import PreprocessSettings as Preprocess
from shards.emotions import ENGLISH, KOREAN
from shards.errors import DataError
from tests.trainer.conftest import make_coloured
from tests.trainer.exporting.test_export_formats import RUNNERS
from tests.trainer.networks import make_squares
from tests.trees import make_label, write_video
from trainer.export import EXPORT_FILES
from trainer.exporting.export_formats import export_model
from trainer.exporting.exported_model import read_mood_export
from trainer.inference import main as infer
from trainer.model.mood_json import read_metadata
from trainer.mood_training.run import train
from trainer.run_files.checkpoint import read_progress
from trainer.settings import ProbeSettings, TrainSettings

SIZE, KNOWN, NEVER = 64, [1, 3], [0, 2, 4, 5]


def make_dataset(root: Path, moods: dict[str, tuple[int, ...]]) -> Path:
    for part, shown in moods.items():
        for mood in shown:
            for number in range(2):
                images = {5 * i: make_coloured(mood, 999 * mood + 30 * number + i + len(part)) for i in range(6)}
                label = make_label(inspect={"emotion": KOREAN[mood]})
                write_video(root / "pets", f"dog-{part.lower()}-{mood}{number:05}", images, label=label, part=part)
    settings = {"crop": CropSettings(size=SIZE), "dedupe": DedupeSettings(enabled=False)}
    preprocess(Preprocess(source=[str(root / "pets")], out=str(root / "data"), **settings))
    return root / "data"


@pytest.fixture(scope="module")
def lacking(two_workers, tmp_path_factory) -> Path:
    """Two moods to train with, two more in validation."""
    return make_dataset(tmp_path_factory.mktemp("lacking"), {"Training": (1, 3), "Validation": (1, 3, 4, 5)})


def fit(data: Path, out: Path, imbalance: str, **changes) -> dict:
    values = {"backbone": "small", "weights": "none", "probe": ProbeSettings(0), "epochs": 3, "batch_size": 8}
    values |= {"resolution": 48, "learning_rate": 3e-3, "measure_speed": False, "imbalance": imbalance}
    return train(TrainSettings(str(data), out=str(out), **(values | changes)), [])


@pytest.mark.parametrize("imbalance", ["logit_adjustment", "class_weight", "none"])
def test_never_answered(lacking, tmp_path, imbalance, capfd):
    metrics = fit(lacking, tmp_path / "run", imbalance)
    assert "never answered: 화남/불쾌, 행복/즐거움, 공격성, 불안/슬픔; 24 of 48 validation" in capfd.readouterr().err
    evaluation = metrics["evaluation"]
    assert evaluation["frames"]["never_answered"] == {"anger": 0, "happiness": 0, "aggression": 12, "anxiety": 12}
    for reading in ("equal_priors", "natural_prior"):
        figures = evaluation["videos"][reading]
        assert np.array(figures["confusion"])[:, NEVER].sum() == 0 and figures["nll"]["value"] < 2
        assert figures["classes"]["anxiety"]["recall"]["value"] == 0
    page = (tmp_path / "run/report.html").read_text(encoding="utf-8")
    assert "Never answered, for want of a training frame: anger, happiness, aggression, anxiety" in page

    metadata = read_metadata(tmp_path / "run/model.keras")
    assert [metadata.prior[i] for i in NEVER] == [0] * 4 and min(metadata.prior[i] for i in KNOWN) > 0
    model = keras.saving.load_model(tmp_path / "run/model.keras")
    found = model.predict(make_squares(1, 8, SIZE), verbose=0)["probabilities"]
    assert (found[:, NEVER] == 0).all() and (found[:, KNOWN] > 0).all()
    progress, arrays = read_progress(tmp_path / "run")
    assert all(np.isfinite(row["val_loss"]) and row["val_loss"] < 3 for row in progress.history)
    biases = [array for array in arrays.values() if array.shape == (6,) and array.min() == -1e4]
    assert len(biases) == 1 and (biases[0][NEVER] == -1e4).all()  # not moved by a bit


def test_half_precision(lacking, tmp_path):
    fit(lacking, tmp_path / "run", "logit_adjustment", precision="mixed_float16", epochs=1, label_smoothing=0.3)
    keras.config.set_dtype_policy("float32")
    model = keras.saving.load_model(tmp_path / "run/model.keras")
    assert (model.predict(make_squares(1, 8, SIZE), verbose=0)["probabilities"][:, NEVER] == 0).all()


def test_exports_and_answers(lacking, tmp_path, capfd):
    fit(lacking, tmp_path / "run", "logit_adjustment", epochs=1)
    model, squares = tmp_path / "run/model.keras", make_squares(1, 2, SIZE)
    export_model(read_mood_export(model), tmp_path / "out", EXPORT_FILES, [squares], model)
    for name, run in RUNNERS.items():
        logits = run(tmp_path / "out", squares)
        scores = np.exp((logits - logits.max(axis=1, keepdims=True)) / read_metadata(model).temperature)
        assert (scores[:, NEVER] == 0).all(), name

    photo = tmp_path / "photo.jpg"
    photo.write_bytes(make_coloured(4, 1))
    for prior in ("equal", "natural"):
        capfd.readouterr()
        infer(["--weight_path", str(model), "--image", str(photo), "--json", "--prior", prior])
        answer = json.loads(capfd.readouterr().out)
        assert answer["never_answered"] == [ENGLISH[i] for i in NEVER]
        found = [mood["probability"] for mood in answer["results"][0]["probabilities"]]
        assert sum(found) == pytest.approx(1, abs=1e-5) and [found[i] for i in NEVER] == [0] * 4
    infer(["--weight_path", str(model), "--image", str(photo)])
    assert "(학습에 없어 답하지 않는 감정: 화남/불쾌, 행복/즐거움, 공격성, 불안/슬픔)" in capfd.readouterr().out


def test_validation_of_other_moods_alone(two_workers, lacking, tmp_path):
    other = make_dataset(tmp_path, {"Training": (1,), "Validation": (4, 5)})
    with pytest.raises(DataError, match="shows none of the moods of"):
        fit(lacking, tmp_path / "run", "none", valid=str(other))
