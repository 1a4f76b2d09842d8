"""A finder's run: it learns, says so, leaves a file that finds, and goes on where it was stopped, to the same end."""

import csv
import io
import json
import shutil

import cv2
import keras
import numpy as np
import pytest

from shards.dataset import read_dataset, write_dataset
from shards.storage.files import hash_file
from tests.pages import Page
from tests.terminal import check_piped
from tests.tools.browser import console_errors, is_blank, open_page, resize, sideways
from tests.trainer.runs import FINDER_TINY, copied_after, read_weights, train_finder_here
from tests.trainer.whole_frames import make_scene
from trainer.finder_evaluation import finder_metrics
from trainer.finder_settings import FinderSettings
from trainer.finder_training.finder_check import check_finder_run
from trainer.finder_training.finder_run import FinderRun
from trainer.finder_training.train_run import open_frame_splits
from trainer.finding.centre_file import build_serving_finder
from trainer.finding.centre_network import build_centre_network
from trainer.finding.finder_file import open_finder
from trainer.finding.finder_json import read_finder_metadata
from trainer.model.network import find_backbone
from trainer.run_files.checkpoint import read_progress
from trainer.training.device import Device

TINIEST = ("--resolution", "32")  # where nothing has to be learnt


def test_it_learns_and_says_so(finder_run):
    out, result = finder_run
    evaluation = json.loads((out / "metrics.json").read_text())["evaluation"]
    for name in ("ap50", "mean_iou"):
        figure = evaluation[name]
        assert figure["against_mean_box"] == "beats" and figure["interval"][0] > figure["mean_box"], (name, figure)
    assert evaluation["ap50"]["value"] > 0.3 and evaluation["frames"] == 24 and evaluation["several"] == 4
    assert set(evaluation["species"]) == {"DOG", "CAT"} and evaluation["species_right"] > 0.8
    assert evaluation["verdict"] in result.stdout


def test_what_it_prints(finder_run):
    errors = finder_run[1].stderr
    assert "80 whole frames of 20 videos, validation 24 of 6; 10 steps of 8 an epoch" in errors
    assert "on 4 frames there are more animals than the one box" in errors
    assert len([line for line in errors.splitlines() if line[20:].startswith("check ")]) == 5
    assert "input alone" in errors and "bottleneck" in errors and "AP50" in errors
    made, figures, following = check_piped(finder_run[1].stdout, errors)
    assert made == [finder_run[0] / "finder.keras", finder_run[0] / "report.html"]
    assert len(figures) == 3 and following[:2] == ["--finder", str(made[0])]


def test_files_of_a_run(finder_run, whole_frames):
    out, _ = finder_run
    rows = list(csv.DictReader((out / "history.csv").open()))
    metrics, record = (json.loads((out / name).read_text()) for name in ("metrics.json", "run.json"))
    best = max(rows, key=lambda row: float(row["ap"]))
    assert len(rows) == 6 and metrics["best_epoch"] == int(best["epoch"]) and metrics["model"] == "finder.keras"
    # The file is the best epoch's, and the figures are the file's, which sees rounded pixels.
    assert metrics["evaluation"]["ap"]["value"] == pytest.approx(float(best["ap"]), abs=0.04)
    assert record["data"]["train"]["fingerprint"] == read_dataset(whole_frames).digest
    assert record["pictures"] == {"stored": 320, "resolution": 96, "dct_method": "INTEGER_ACCURATE"}
    metadata = read_finder_metadata(out / "finder.keras")
    assert metadata.image_size == 96 and 0 < metadata.min_score < 1 and metadata.trained["epoch"] == int(best["epoch"])


def test_the_report_shows_pictures_with_boxes(finder_run):
    out, _ = finder_run
    page = Page((out / "report.html").read_text())
    examples = json.loads((out / "metrics.json").read_text())["examples"]
    assert [len(examples[kind]) for kind in ("best", "median", "worst")] == [6, 6, 6]
    assert len(page.pictures) == 18 + 2 and len([tag for tag, _ in page.tags if tag == "rect"]) == 36
    assert "dog-validation-00000/" in page.text and "늘 같은 바운딩 박스보다 동물을 더 잘 찾습니다" in page.korean
    assert page.untranslated == []
    best, median, worst = ([example["iou"] for example in examples[kind]] for kind in ("best", "median", "worst"))
    assert max(best) == max(best + median + worst) and min(worst) == min(best + median + worst)
    assert sum(best) > sum(median) > sum(worst)
    with open_page(out / "report.html", 1280) as driver:
        for width in (1280, 390):
            resize(driver, width, 900)
            assert not is_blank(driver.get_screenshot_as_png()) and sideways(driver) == 0
        assert not console_errors(driver)


def test_its_file_finds_animals_in_pictures_of_any_size(finder_run):
    finder = open_finder(finder_run[0] / "finder.keras")
    overlaps, species = [], []
    for seed in range(70, 78):
        data, box = make_scene("cat", seed)
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[:, :, ::-1]
        scales = (1, 2.5, 0.6)
        found = finder.find([cv2.resize(picture, None, fx=scale, fy=scale) for scale in scales])
        for pets, scale in zip(found, scales, strict=True):
            sure = sorted(pets, key=lambda pet: -pet.score)[:1]
            overlaps.append(max((_overlap(pet.box, [box[name] * scale for name in box]) for pet in sure), default=0.0))
            species += [pet.species for pet in sure]
    # The run is short, and misses some; what it finds does not depend on the picture's size.
    assert np.mean(overlaps) > 0.4 and species.count("cat") > 0.8 * len(species), (overlaps, species)
    assert np.mean(overlaps[::3]) == pytest.approx(np.mean(overlaps[1::3]), abs=0.1)
    assert finder.find([]) == [] and finder.find([picture]) == found[:1]


def _overlap(box, other) -> float:
    left, top = max(box.x, other[0]), max(box.y, other[1])
    width = min(box.x + box.width, other[0] + other[2]) - left
    height = min(box.y + box.height, other[1] + other[3]) - top
    shared = max(width, 0) * max(height, 0)
    return shared / (box.width * box.height + other[2] * other[3] - shared)


def test_plain_keras_opens_the_file(finder_run):
    model = keras.saving.load_model(finder_run[0] / "finder.keras")
    found = model.predict(np.zeros((2, 96, 96, 3), np.uint8), verbose=0)
    assert found["boxes"].shape == (2, 16, 4) and found["species"].shape == found["scores"].shape == (2, 16)


def test_a_finished_run_is_not_done_again_but_its_report_is(finder_run, whole_frames, tmp_path):
    out = shutil.copytree(finder_run[0], tmp_path / "run")
    before, page = hash_file(out / "finder.keras"), (out / "report.html").read_text()
    (out / "report.html").unlink()
    arguments = (*FINDER_TINY, "--epochs", "6")
    again = train_finder_here(whole_frames, out, *arguments)
    assert again.returncode == 0 and "is done already" in again.stdout and hash_file(out / "finder.keras") == before
    assert Page((out / "report.html").read_text()).pictures == Page(page).pictures
    other = train_finder_here(whole_frames, out, *FINDER_TINY, "--epochs", "7")
    assert other.returncode == 2 and "another run: epochs was 6 and is 7; give" in other.stderr.splitlines()[-1]
    (out / "run.json").unlink()  # finder.keras still shows whose folder it is
    assert "another run" in train_finder_here(whole_frames, out, *arguments).stderr.splitlines()[-1]


def test_killed_in_an_epoch_it_ends_with_the_same_weights(whole_frames, tmp_path, monkeypatch):
    """As from SIGKILL right after a checkpoint: nothing more is written. The mood trainer's test kills processes."""
    arguments = (*FINDER_TINY, *TINIEST, "--epochs", "1", "--deterministic", "true", "--checkpoint_steps", "3")
    monkeypatch.setattr(finder_metrics, "RESAMPLE_COUNT", 20)
    with copied_after(2, tmp_path / "straight", tmp_path / "run"):  # 6 steps of 10
        assert train_finder_here(whole_frames, tmp_path / "straight", *arguments).returncode == 0
    result = train_finder_here(whole_frames, tmp_path / "run", *arguments)
    assert result.returncode == 0 and "goes on after 0 epochs and 6 of 10 steps" in result.stderr, result.stderr
    one, other = (read_weights(tmp_path / name / "finder.keras") for name in ("straight", "run"))
    assert one.keys() == other.keys()
    for name, weights in one.items():
        np.testing.assert_array_equal(weights, other[name], err_msg=name)
    (_, arrays), (_, others) = (read_progress(tmp_path / name) for name in ("straight", "run"))
    for name, array in arrays.items():
        np.testing.assert_array_equal(array, others[name], err_msg=name)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--resolution", "100"), "resolution 100 is no multiple of 32; give 96"),
        (("--epochs", "0"), "nothing would be trained"),
        (("--backbone", "InceptionV3"), "backbone InceptionV3 has no block at 1/8 of the side"),
        (("--backbone", "VGG16"), "backbone 'VGG16' is unknown"),
        (("--weights", "none.keras"), "weights none.keras does not exist"),
        (("--train", "nowhere"), "nowhere is not a folder"),
        (("--best", "macro_f1"), "best"),
    ],
)
def test_bad_calls(whole_frames, tmp_path, arguments, message):
    result = train_finder_here(whole_frames, tmp_path / "out", *FINDER_TINY, *arguments)
    assert result.returncode == 2 and message in result.stderr.splitlines()[-1]
    assert result.stderr.splitlines()[-1].startswith("train_finder: ") and not (tmp_path / "out/run.json").exists()


def test_a_dataset_without_whole_frames(whole_frames, tmp_path):
    copy = shutil.copytree(whole_frames, tmp_path / "copy")
    dataset = read_dataset(copy)
    dataset.frames, dataset.settings["frames"]["per_video"] = {}, 0
    write_dataset(copy, dataset)
    result = train_finder_here(copy, tmp_path / "out", *FINDER_TINY)
    assert result.returncode == 1 and "made with --frames.per_video 0" in result.stderr.splitlines()[-1]


def test_a_flipped_bit_names_file_and_offset(whole_frames, tmp_path):
    copy = shutil.copytree(whole_frames, tmp_path / "copy")
    shard = sorted(copy.glob("pet_frames-train.*"))[-1]
    data = bytearray(shard.read_bytes())
    data[len(data) // 2] ^= 1
    shard.write_bytes(data)
    result = train_finder_here(copy, tmp_path / "run", *FINDER_TINY, "--epochs", "1")
    assert result.returncode == 1 and f"{shard}: offset" in result.stderr.splitlines()[-1]


def test_half_precision_on_the_pretrained_backbone_of_a_run(whole_frames, small_weights, tmp_path):
    """Checked as a run is before its first epoch: what is written and read again is float32, and near enough."""
    settings = FinderSettings(
        str(whole_frames), backbone="small", weights=str(small_weights), batch_size=8, resolution=32
    )
    keras.config.set_dtype_policy("mixed_float16")
    try:
        network = build_centre_network(settings.network_settings, 32)
    finally:
        keras.config.set_dtype_policy("float32")
    device = Device("cpu", "test", "tensorflow", "mixed_float16", False, 1)
    splits = open_frame_splits(settings)
    run = FinderRun(tmp_path, settings, settings.frame_settings, device, *splits, network)
    assert len(check_finder_run(run)) == 5
    loaded = build_serving_finder(network, 32)
    assert {weight.dtype for weight in loaded.weights} == {"float32"}
    saved = keras.saving.load_model(small_weights)
    np.testing.assert_array_equal(find_backbone(network).layers[1].kernel, saved.layers[1].kernel)


def test_litert_and_onnx_find_the_same(finder_run, tmp_path):
    """The file is of operations that both formats have; each takes whole batches, or one picture."""
    tensorflow, tf2onnx = pytest.importorskip("tensorflow"), pytest.importorskip("tf2onnx")
    interpreter, onnxruntime = pytest.importorskip("ai_edge_litert.interpreter"), pytest.importorskip("onnxruntime")
    model = keras.saving.load_model(finder_run[0] / "finder.keras")
    pixels = cv2.imdecode(np.frombuffer(make_scene("dog", 5)[0], np.uint8), cv2.IMREAD_COLOR)[:, :, ::-1]
    square = cv2.resize(pixels, (96, 96))[None]
    expected = model.predict(square, verbose=0)
    signature = [tensorflow.TensorSpec((1, 96, 96, 3), tensorflow.uint8, name="pictures")]
    model.export(tmp_path / "saved", format="tf_saved_model", verbose=False, input_signature=signature)
    content = tensorflow.lite.TFLiteConverter.from_saved_model(str(tmp_path / "saved")).convert()
    runner = interpreter.Interpreter(model_content=content).get_signature_runner("serving_default")
    serve = tensorflow.function(lambda pictures: model(pictures, training=False), input_signature=signature)
    converted = io.BytesIO(tf2onnx.convert.from_function(serve, signature, opset=18)[0].SerializeToString())
    session = onnxruntime.InferenceSession(converted.getvalue(), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    in_onnx = dict(zip(names, session.run(names, {"pictures": square}), strict=True))
    for found in (runner(pictures=square), in_onnx):
        np.testing.assert_allclose(found["scores"], expected["scores"], atol=1e-4)
        np.testing.assert_allclose(found["boxes"][0, 0], expected["boxes"][0, 0], atol=1e-3)
        assert found["species"][0, 0] == expected["species"][0, 0]
