"""Whole runs: they learn, their files agree with each other, they resume exactly, and they stop where they should."""

import csv
import json
import re
import shutil
import signal
from collections import Counter
from datetime import datetime
from importlib.util import find_spec

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

from console.output.origin import describe_machine, describe_program
from shards.dataset import read_dataset, write_dataset
from shards.errors import CallError
from shards.storage.files import hash_file
from shards.storage.folder_lock import lock_folder
from tests.terminal import check_piped
from tests.trainer.runs import SCRATCH, killed_after, read_weights, train, train_here, train_until
from trainer.checks import throughput
from trainer.evaluation.video_answers import read_video_answers
from trainer.input import record_batches
from trainer.input.dataset_split import open_split
from trainer.model.mood_json import read_metadata
from trainer.mood_training import run as trainer_run
from trainer.run_files.checkpoint import list_checkpoints, read_progress
from trainer.settings import ProbeSettings, TrainSettings
from trainer.training.checkpoint_callback import CheckpointCallback

EXACT = ("--deterministic", "true", "--checkpoint_steps", "2", "--augment", "true")


def train_and_measure(pets, out, *arguments):
    """A run that measures its speed too, each for an instant."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(throughput, "_SECONDS", 0.2)
        return train_here(pets, out, *arguments, "--measure_speed", "true")


@pytest.fixture(scope="module")
def finished(pets, tmp_path_factory):
    """A run with everything switched on; its folder and what it printed."""
    out = tmp_path_factory.mktemp("runs") / "기분"
    arguments = (*SCRATCH, "--epochs", "8", "--self_check", "true", "--tensorboard")
    result = train_and_measure(pets, out, *arguments)
    assert result.returncode == 0, result.stderr
    return out, result


def test_it_learns_and_says_so(finished):
    out, result = finished
    metrics = json.loads((out / "metrics.json").read_text())
    frames = metrics["evaluation"]["frames"]["equal_priors"]
    assert frames["macro_f1"]["value"] > 0.8 > frames["macro_f1"]["majority"]
    assert metrics["evaluation"]["frames"]["left_out"] == ["anger", "happiness", "aggression"]
    assert metrics["evaluation"]["verdict"] in result.stdout


def test_what_it_prints_at_the_start(finished):
    _, result = finished
    assert "device  cpu" in result.stderr and "float32, XLA off" in result.stderr
    assert "72 frames of 12 videos, validation 36 of 6; 6 steps of 12 an epoch" in result.stderr
    assert "input alone" in result.stderr and "bottleneck" in result.stderr and "waiting for data" in result.stderr
    checks = [line for line in result.stderr.splitlines() if line[20:].startswith("check ")]
    assert len(checks) == 5 and "= ln 3" in result.stderr  # of the moods that occur
    assert "without any frame, so never answered: 화남/불쾌, 행복/즐거움, 공격성; where" in result.stderr


def test_what_it_prints_suits_a_pipe_and_ends_with_what_was_made(finished):
    out, result = finished
    made, figures, following = check_piped(result.stdout, result.stderr)
    assert made == [out / "model.keras", out / "report.html"] and following == [str(out)]
    assert [figure.split(" ")[0] for figure in figures] == ["macro-F1", "accuracy", "from"]
    said = [line[20:] for line in result.stderr.splitlines()]
    assert said[:2] == ["loading TensorFlow", "building the network"]
    for what in (
        "checking data",
        "compiling tune's model",
        r"tune \d/8: 6 of 6 steps \(100%\)",
        "evaluating",
        "drawing",
    ):
        assert any(re.match(what, line) for line in said), what


def test_run_json_says_its_origin(finished):
    record = json.loads((finished[0] / "run.json").read_text())
    assert record["program"] == describe_program() and record["machine"] == describe_machine()
    assert record["versions"]["keras"] and record["device"]["kind"] == "cpu" and "continued" not in record
    seconds = datetime.fromisoformat(record["results"]["finished"]) - datetime.fromisoformat(record["started"])
    assert 0 < record["results"]["seconds"] <= seconds.total_seconds() + 1


def test_files_of_a_run(finished, pets):
    out, _ = finished
    rows = list(csv.DictReader((out / "history.csv").open()))
    assert [int(row["epoch"]) for row in rows] == list(range(1, len(rows) + 1))
    metrics, record = (json.loads((out / name).read_text()) for name in ("metrics.json", "run.json"))
    best = max(rows, key=lambda row: float(row["macro_f1"]))
    assert metrics["best_epoch"] == int(best["epoch"])
    # The file is the best epoch's model, and the figures are the file's.
    value = metrics["evaluation"]["frames"]["equal_priors"]["macro_f1"]["value"]
    assert value == pytest.approx(float(best["macro_f1"]), abs=1e-6)
    assert record["data"]["train"]["fingerprint"] in json.loads((pets / "dataset.json").read_text())["digest"]
    assert record["command"][:3] == ["python", "-m", "trainer.train"] and record["versions"]["keras"]
    sizes = {"stored": 64, "ratio": 1, "whole": 64, "window": 56, "resolution": 48, "network": 55}
    assert record["pictures"] == sizes | {"dct_method": "INTEGER_ACCURATE"}
    metadata = read_metadata(out / "model.keras")
    assert (metadata.image_size, metadata.network_size) == (64, 55)
    assert record["speed"]["tune"]["bottleneck"] in ("input", "model")
    answers = read_video_answers(out, metrics["evaluation"])
    assert answers.videos == tuple(sorted(open_split(pets, "val").video_names))
    for name in ("report.html", "curves.png", "confusion.png", "reliability.png", "recall.png"):
        assert (out / name).stat().st_size > 1000


def test_what_tensorboard_shows(finished):
    """Read as TensorBoard reads it: the figures of each epoch, hyperparameters, plots, and pictures of answers."""
    out, _ = finished
    events = EventAccumulator(str(out / "tensorboard"), {"images": 0, "scalars": 0}).Reload()
    rows = list(csv.DictReader((out / "history.csv").open()))
    for name in ("loss", "val_loss", "macro_f1", "learning_rate"):
        found = [(event.step, event.value) for event in events.Scalars(name)]
        assert found == [(int(row["epoch"]), pytest.approx(float(row[name]), rel=1e-5)) for row in rows]
    tags = events.Tags()["images"]
    for name in ("confusion", "reliability"):
        [picture] = events.Images(f"plots/{name}")
        assert picture.encoded_image_string == (out / f"{name}.png").read_bytes()
    metrics = json.loads((out / "metrics.json").read_text())
    [tag] = [tag for tag in tags if tag.startswith("right/fear as fear, ")][:1]
    [picture] = events.Images(tag)
    assert picture.step == metrics["best_epoch"] and picture.encoded_image_string.startswith(b"\xff\xd8")
    session = HParamsPluginData.FromString(
        events.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
    ).session_start_info
    assert session.hparams["backbone"].string_value == "small" and session.hparams["probe.epochs"].number_value == 0
    assert session.hparams["flip"].bool_value and "train" not in session.hparams


def test_a_finished_run_is_not_done_again(finished, pets):
    out, _ = finished
    before = hash_file(out / "model.keras")
    again = train_here(pets, out, *SCRATCH, "--epochs", "8")
    assert again.returncode == 0 and "is done already" in again.stdout
    other = train_here(pets, out, *SCRATCH, "--epochs", "9")
    assert other.returncode == 2 and "holds another run: epochs was 8 and is 9; give --replace" in other.stderr
    assert hash_file(out / "model.keras") == before


@pytest.mark.parametrize("damage", ["gone", "flipped"])
def test_a_model_file_that_is_lost_after_the_last_epoch_is_written_again(finished, pets, tmp_path, damage):
    """The checkpoints are whole, so nothing but the choice of an earlier epoch is lost."""
    out = shutil.copytree(finished[0], tmp_path / "run")
    last = read_progress(out)[0].epoch
    model = out / "model.keras"
    data = bytearray(model.read_bytes())
    data[len(data) // 2] ^= 1
    model.write_bytes(data) if damage == "flipped" else model.unlink()
    (out / "metrics.json").unlink()  # killed before it
    again = train_here(pets, out, *SCRATCH, "--epochs", "8", "--self_check", "true", "--tensorboard")
    assert again.returncode == 0, again.stderr
    assert f"note    {model}: " in again.stderr and "written again" in again.stderr
    assert read_metadata(model).trained["epoch"] == last and (out / "metrics.json").exists()


@pytest.fixture(scope="module")
def straight(pets, small_weights, tmp_path_factory):
    """Two stages without a stop."""
    out = tmp_path_factory.mktemp("straight") / "run"
    arguments = ("--weights", str(small_weights), "--probe.epochs", "2", "--epochs", "2", *EXACT)
    result = train_and_measure(pets, out, *arguments)
    assert result.returncode == 0, result.stderr
    return out, arguments


def same_run(one, other) -> None:
    first, second = read_weights(one / "model.keras"), read_weights(other / "model.keras")
    assert first.keys() == second.keys()
    for name, weights in first.items():
        np.testing.assert_array_equal(weights, second[name], err_msg=name)
    (a, arrays), (b, others) = read_progress(one), read_progress(other)
    for name, array in arrays.items():
        np.testing.assert_array_equal(array, others[name], err_msg=name)
    timed = ("images_per_second", "waiting_share", "seconds", "first_step")
    rows = [[{k: v for k, v in row.items() if k not in timed} for row in p.history] for p in (a, b)]
    assert rows[0] == rows[1] and len(rows[0]) == 4


def test_stopped_and_killed_in_both_stages_and_a_bit_flipped_it_ends_the_same(straight, pets, tmp_path):
    """Real signals to processes of their own, each of which goes on after the one before."""
    done, arguments = straight
    out = tmp_path / "run"
    reached = []
    for number, checkpoints in ((signal.SIGTERM, 1), (signal.SIGKILL, 3), (signal.SIGINT, 4)):
        status, errors = train_until(pets, out, checkpoints, number, *arguments)
        if number == signal.SIGKILL:
            assert status == -number
        else:
            assert status == 130
            assert "stopped" in errors.splitlines()[-1] and "run the same command again" in errors.splitlines()[-1]
        progress, _ = read_progress(out)
        reached.append((progress.stage, progress.step > 0))
    assert {stage for stage, _ in reached} == {0, 1} and any(middle for _, middle in reached)
    newest = list_checkpoints(out)[0]
    data = bytearray(newest.read_bytes())
    data[len(data) // 3] ^= 1  # of a weight, most likely
    newest.write_bytes(data)
    result = train_and_measure(pets, out, *arguments)  # goes on as from SIGKILL after the checkpoint before
    assert result.returncode == 0 and "goes on after" in result.stderr
    assert f"note    {newest} differs from what was written" in result.stderr
    (*_, last) = json.loads((out / "run.json").read_text())["continued"]
    assert last.keys() == {"started", "program", "machine"}
    same_run(done, out)


def test_several_devices(pets, tmp_path):
    result = train(pets, tmp_path / "two", *SCRATCH, "--epochs", "1", "--devices", "2", "--self_check", "true")
    assert result.returncode == 0, result.stderr
    assert "2 × " in result.stderr and "XLA off" in result.stderr
    assert json.loads((tmp_path / "two/run.json").read_text())["device"]["count"] == 2


@pytest.mark.skipif(find_spec("jax") is None, reason="JAX is not installed (extra jax)")
def test_on_jax(pets, tmp_path):
    out = tmp_path / "jax"
    arguments = (*SCRATCH, "--epochs", "6", "--self_check", "true", "--augment", "true", "--checkpoint_steps", "4")
    result = train(pets, out, *arguments, KERAS_BACKEND="jax")
    assert result.returncode == 0, result.stderr
    assert ", jax, float32, XLA on" in result.stderr
    frames = json.loads((out / "metrics.json").read_text())["evaluation"]["frames"]["equal_priors"]
    assert frames["macro_f1"]["value"] > 0.5
    model = keras.saving.load_model(out / "model.keras")  # on this process's backend
    assert model.predict(np.zeros((1, 64, 64, 3), np.uint8), verbose=0)["logits"].shape == (1, 6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--device", "gpu"), "sees no GPU"),
        (("--devices", "2", "--jit", "on"), "with jit on crashes"),
        (("--devices", "5"), "is no multiple of the 5 devices"),
        (("--weights", "none", "--probe.epochs", "1"), "with a probe stage"),
        (("--weights", "none", "--train_base", "frozen"), "its layers would never learn"),
        (("--epochs", "0"), "nothing would be trained"),
        (("--resolution", "57"), "resolution 57: a window of 0.875 of the 64 pixels that the shards hold has 56"),
        (("--window", "1.1"), "window is 1.1: give a number above 0 and at most 1"),
        (("--train", "nowhere"), "nowhere is not a folder"),
        (("--imbalance", "none", "--imbalance", "class_weight"), "exactly one of"),
        (("--imbalance", "none,class_weight"), "imbalance"),
        (("--learning_rate", "-1"), "learning_rate"),
    ],
)
def test_bad_calls(pets, tmp_path, arguments, message):
    result = train_here(pets, tmp_path / "out", *SCRATCH, *arguments)
    assert result.returncode == 2 and message in result.stderr.splitlines()[-1]
    assert result.stderr.splitlines()[-1].startswith("train: ") and not list(tmp_path.glob("out/checkpoints/*"))


def test_imbalance_none_gives_balanced_logits_too(pets, tmp_path, capsys):
    """The prior is in the trained bias and not in the file's: where nothing is learnt, no mood is preferred.

    And of a batch that is larger than the data: it is made smaller, and that is said.
    """
    settings = TrainSettings(
        str(pets), out=str(tmp_path / "run"), backbone="small", weights="none", probe=ProbeSettings(0), epochs=1,
        batch_size=100, resolution=48, imbalance="none", learning_rate=1e-12, measure_speed=False,
    )  # fmt: skip
    trainer_run.train(settings, [])
    said = capsys.readouterr().err
    assert "batch   an epoch has fewer frames than the 100 of a batch: trains with batches of 72" in said
    model = keras.saving.load_model(tmp_path / "run/model.keras")
    logits = model.predict(np.zeros((1, 64, 64, 3), np.uint8), verbose=0)["logits"][0]
    np.testing.assert_allclose(logits[[1, 3, 5]] + np.log(1 / 3), 0, atol=1e-4)


@pytest.mark.parametrize("scratch", [True, False])
def test_before_the_first_step_the_shuffle_is_filled_once(pets, small_weights, tmp_path, monkeypatch, scratch):
    """For all checks and measurements together, and for the statistics of each epoch; then once for each epoch."""
    opened = []

    def read(path):
        def note(name):
            opened.append(name.decode())
            return name

        return tf.data.TFRecordDataset(tf.ensure_shape(tf.numpy_function(note, [path], tf.string), []))

    monkeypatch.setattr(record_batches, "_read_shard", read)
    monkeypatch.setattr(throughput, "_MAX_STEPS", 1)
    before_the_first = []
    step = CheckpointCallback.on_epoch_begin
    monkeypatch.setattr(
        CheckpointCallback,
        "on_epoch_begin",
        lambda self, *call: (before_the_first.append(count(opened)), step(self, *call)),
    )
    weights = {"weights": "none", "probe": ProbeSettings(0)} if scratch else {"weights": str(small_weights)}
    weights |= {} if scratch else {"probe": ProbeSettings(1)}
    trainer_run.train(
        TrainSettings(str(pets), out=str(tmp_path / "run"), backbone="small", epochs=2, batch_size=2, resolution=48,
        self_check=True, measure_speed=True, **weights), [],
    )  # fmt: skip
    expected = 2 if scratch else 3
    assert before_the_first[0] == 1 and len(before_the_first) == expected and count(opened) == 1 + expected


def count(opened) -> int:
    """How often every training shard was opened."""
    (times,) = set(Counter(name for name in opened if "-train." in name).values())
    return times


def test_a_folder_that_is_something_else(pets, tmp_path):
    (tmp_path / "사진.jpg").write_bytes(b"x")
    with pytest.raises(CallError, match="holds files that are not a run's"):
        trainer_run.train(
            TrainSettings(str(pets), out=str(tmp_path), weights="none", probe=ProbeSettings(0), resolution=48), []
        )


def test_datasets_of_different_crops_do_not_go_together(pets, tmp_path):
    copy = shutil.copytree(pets, tmp_path / "copy")
    dataset = read_dataset(copy)
    dataset.settings["crop"]["grow"] = 1.3
    write_dataset(copy, dataset)
    with pytest.raises(CallError, match=r"감정 was made with crop.grow 1.1, .*copy with 1.3"):
        trainer_run.open_splits(TrainSettings(str(pets), valid=str(copy)))


@pytest.mark.parametrize("split", ["train", "val"])
def test_a_flipped_bit_names_file_and_offset(pets, tmp_path, split):
    copy = shutil.copytree(pets, tmp_path / "copy")
    shard = sorted(copy.glob(f"*-{split}.*"))[-1]
    data = bytearray(shard.read_bytes())
    data[len(data) // 2] ^= 1
    shard.write_bytes(data)
    result = train_here(copy, tmp_path / "run", *SCRATCH, "--epochs", "1")
    assert result.returncode == 1
    assert str(shard) in result.stderr.splitlines()[-1] and "offset" in result.stderr.splitlines()[-1]


def test_two_runs_in_one_folder(pets, tmp_path):
    with lock_folder(tmp_path / "run"), pytest.raises(CallError, match="another run is writing"):
        trainer_run.train(TrainSettings(str(pets), out=str(tmp_path / "run"), resolution=48), [])


def test_replace_removes_another_run_but_continues_its_own(pets, tmp_path):
    """The same command continues its run, also with --replace; what another run left is removed, damaged or not."""
    out = tmp_path / "run"
    arguments = (*SCRATCH, "--checkpoint_steps", "2", "--replace")
    with killed_after(3):
        train_here(pets, out, *arguments)
    result = train_here(pets, out, *arguments)
    assert result.returncode == 0 and "goes on after" in result.stderr
    before = (out / "report.html").read_bytes()
    (out / "report.html").unlink()  # killed just before it was written
    assert train_here(pets, out, *arguments).returncode == 0 and (out / "report.html").read_bytes() == before
    assert before.count(b"data:image/jpeg") > 0 and b"ithout pictures" not in before
    (out / "run.json").write_text("{")
    damaged = train_here(pets, out, *SCRATCH)
    assert damaged.returncode == 1 and "run.json is damaged" in damaged.stderr and "--replace" in damaged.stderr
    (out / "run.json").unlink()
    assert train_here(pets, out, *SCRATCH).returncode == 2
    again = train_here(pets, out, *arguments, "--seed", "5")
    assert again.returncode == 0 and "goes on" not in again.stderr
    assert json.loads((out / "run.json").read_text())["settings"]["seed"] == 5
