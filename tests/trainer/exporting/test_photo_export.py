"""Finder and mood network as one file: whole pictures in, pets with moods out, as inference tells them."""

import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from shards.errors import CallError, DataError
from tests.conftest import ROOT
from tests.trainer.finders import FINDER_SIDE, write_random_finder
from tests.trainer.networks import make_squares
from trainer.answering.pet_judge import open_pet_judge
from trainer.answering.photo import read_upright_pixels
from trainer.export import EXPORT_FILES, main
from trainer.finding.centre_finder import CentreFinder, open_centre_finder
from trainer.finding.finder_file import open_finder
from trainer.finding.finder_json import FinderMetadata
from trainer.finding.letterbox import plan_letterbox
from trainer.inference import main as infer

MIN_SCORE = 0.04  # a few of the random finder's boxes are surer; on a grey picture none is


@pytest.fixture(scope="module")
def finder_path(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("찾기") / "finder.keras"
    write_random_finder(path, MIN_SCORE)
    return path


@pytest.fixture(scope="module")
def exported(model_path, finder_path, tmp_path_factory) -> Path:
    """The three formats, and a photo beside them under the name that the examples have."""
    out = tmp_path_factory.mktemp("사진") / "exported"
    call = ["--weight_path", str(model_path), "--finder", str(finder_path), "--out", str(out), "--min_pet", "0.3"]
    assert main(call) == 0
    photo = make_squares(9, 1, 300)[0][:240]
    assert cv2.imwrite(str(out.parent / "photo.jpg"), photo[:, :, ::-1])
    return out


def load(exported: Path, name: str):
    """Each format as its user loads it, with nothing of ours: a function of a picture."""
    if name == "saved_model":
        import tensorflow as tf

        loaded = tf.saved_model.load(exported / "saved_model")
        return lambda picture: {
            key: value.numpy()
            for key, value in loaded.signatures["serving_default"](picture=tf.constant(picture)).items()
        }
    if name == "litert":
        from ai_edge_litert.interpreter import Interpreter

        runner = Interpreter(str(exported / "model.tflite")).get_signature_runner()
        return lambda picture: runner(picture=picture)
    import onnxruntime

    session = onnxruntime.InferenceSession((exported / "model.onnx").read_bytes())
    names = [output.name for output in session.get_outputs()]
    return lambda picture: dict(zip(names, session.run(None, {"picture": picture}), strict=True))


@pytest.fixture(scope="module")
def pictures(exported) -> list[np.ndarray]:
    """Of several shapes; the finder finds pets on some and none on a grey one."""
    photo = read_upright_pixels(exported.parent / "photo.jpg")
    return [photo, make_squares(6, 1, 500)[0][:, :200], np.full((60, 60, 3), 128, np.uint8), photo[60:150, 100:190]]


@pytest.mark.parametrize("name", EXPORT_FILES)
def test_every_format_answers_as_inference_does(exported, model_path, finder_path, pictures, name):
    predict = load(exported, name)
    judged = open_pet_judge(model_path, finder_path, min_pet=0.3).judge(pictures)
    assert len(judged[0]) > 1 and not judged[2]  # several on one, none on another
    for picture, pets in zip(pictures, judged, strict=True):
        rows, (height, width) = predict(picture), picture.shape[:2]
        count = int(rows.pop("count"))
        assert all(len(values) == 16 and not values[count:].any() for values in rows.values())
        found = {key: values[:count] for key, values in rows.items()}
        corners = [(pet.box.y, pet.box.x, pet.box.y + pet.box.height, pet.box.x + pet.box.width) for pet in pets]
        expected = np.reshape(corners, (-1, 4)) / (height, width, height, width)
        np.testing.assert_allclose(found["boxes"], expected, atol=1.01 / min(height, width))  # a pixel by rounding
        assert [("dog", "cat")[number] for number in found["species"]] == [pet.species for pet in pets]
        np.testing.assert_allclose(found["scores"], [pet.score for pet in pets], atol=1e-3)
        logits = np.reshape([pet.logits for pet in pets], (-1, 6))
        np.testing.assert_allclose(found["logits"], logits, atol=0.15)
        assert found["probabilities"].shape == logits.shape
        np.testing.assert_allclose(found["probabilities"].sum(axis=1), 1, atol=1e-5)


# Boxes of a 200 x 300 picture: ymin, xmin, ymax, xmax, score, species, the highest score first.
BOXES = [
    (20, 110, 190, 270, 0.74, 0),
    (30, 20, 60, 60, 0.6, 1),
    (100, 150, 130, 180, 0.52, 0),  # in the first one, and sure by itself
    (100, 210, 130, 240, 0.4, 0),  # in the first one: a part
    (25, 120, 100, 200, 0.35, 1),  # in it, of the other species
    (120, 20, 180, 90, 0.3, 0),  # at min_score exactly
    (10, 200, 40, 290, 0.29, 1),
]


def list_outputs(squares) -> dict[str, np.ndarray]:
    """What a finder.keras would answer for BOXES."""
    rows = np.zeros((1, 16, 6), np.float32)
    rows[0, : len(BOXES)] = BOXES
    placed = plan_letterbox(200.0, 300.0, squares.shape[1])
    scale, offset = [placed.scale_y, placed.scale_x] * 2, [placed.offset_y, placed.offset_x] * 2
    boxes = (rows[..., :4] * scale + offset) / squares.shape[1]
    return {"boxes": boxes.astype(np.float32), "scores": rows[..., 4], "species": rows[..., 5].astype(np.int32)}


@pytest.mark.parametrize(
    ("min_score", "told", "is_settled"),
    [(0.3, 5, False), (0.30001, 4, False), (0.295, 5, True), (0.29, 6, False), (0.74, 1, False), (0.8, 0, True)],
)
def test_the_same_boxes_are_told_as_by_inference(min_score, told, is_settled):
    """A score at min_score counts; where rounding could decide about one, formats are not held against each other."""
    import tensorflow as tf

    from trainer.exporting.photo_network import PhotoRules, is_told_alike, judge_photo

    def find(squares):
        return {name: tf.constant(value) for name, value in list_outputs(squares).items()}

    def tell(squares):
        return {name: tf.zeros((len(squares), 6)) for name in ("logits", "probabilities")}

    rules, picture = PhotoRules(320, 32, 1.1, min_score, 0.05), np.full((200, 300, 3), 90, np.uint8)
    [pets] = CentreFinder(list_outputs, FinderMetadata(320, min_score, "f" * 64, "small")).find([picture])
    rows = judge_photo(find, tell, rules, tf.constant(picture))
    assert len(pets) == int(rows["count"]) == told
    np.testing.assert_array_equal(rows["scores"][:told], np.float32([pet.score for pet in pets]))
    assert is_told_alike(find, rules, tf.constant(picture), 1e-4) is is_settled


def test_scores_at_the_bound_do_not_hinder_an_export(model_path, finder_path, tmp_path):
    """min_score is the surest score on a picture that formats are compared on; each sees it as a hair more or less."""
    from trainer.exporting.export_formats import export_model
    from trainer.exporting.exported_model import make_comparison_pictures, read_photo_export

    picture = make_comparison_pictures()[0]
    model = read_photo_export(model_path, finder_path, 0.0)
    path = tmp_path / "finder.keras"
    write_random_finder(path, float(np.max(model.call(*model.models, picture)["scores"])))
    model = read_photo_export(model_path, path, 0.0)
    assert [model.is_settled(each) for each in (picture, picture[:100])] == [False, True]
    with pytest.raises(DataError, match="rounding decides what is told"):
        export_model(model, tmp_path / "out", EXPORT_FILES, [picture], path)
    assert not (tmp_path / "out").exists()


def test_what_goes_along(exported):
    import onnx

    assert sorted(path.name for path in exported.iterdir()) == [
        *("finder.json", "model.onnx", "model.tflite", "mood.json", "saved_model"),
    ]
    inside = {entry.key: entry.value for entry in onnx.load(exported / "model.onnx").metadata_props}
    for name in ("finder.json", "mood.json"):
        assert json.loads(inside[name]) == json.loads((exported / name).read_text(encoding="utf-8"))


def list_examples() -> dict[str, str]:
    """The code of docs/export.md for whole pictures, by the file that it loads."""
    text = (ROOT / "docs/export.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    return {re.search(r"exported/(saved_model|model\.\w+)", block)[1]: block for block in blocks}


@pytest.mark.parametrize("file", EXPORT_FILES.values())
def test_the_examples_of_the_docs(exported, model_path, finder_path, monkeypatch, capsys, file):
    code = list_examples()[file]
    assert code.count("\n") <= 15 and "trainer" not in code
    assert code in (ROOT / "docs/export.ko.md").read_text(encoding="utf-8")
    monkeypatch.chdir(exported.parent)
    exec(compile(code, file, "exec"), {})
    count, *told = capsys.readouterr().out.splitlines()
    (pets,) = open_pet_judge(model_path, finder_path, min_pet=0.3).judge([read_upright_pixels(Path("photo.jpg"))])
    assert (
        count == f"{len(pets)} pets"
        and len(told) == len(pets)
        and all(line.startswith(pet.species) for line, pet in zip(told, pets, strict=True))
    )
    moods = [mood["korean"] for mood in json.loads(Path("exported/mood.json").read_text(encoding="utf-8"))["emotions"]]
    for line, pet in zip(told, pets, strict=True):
        assert moods[int(pet.logits.argmax())] in line


def test_a_finder_alone_as_onnx_serves_inference_without_tensorflow(
    finder_path, model_path, exported, tmp_path, pictures
):
    assert main(["--finder", str(finder_path), "--out", str(tmp_path / "finder"), "--format", "onnx"]) == 0
    path = tmp_path / "finder/model.onnx"
    assert open_centre_finder(path).metadata == open_centre_finder(finder_path).metadata
    for one, other in zip(open_finder(path).find(pictures), open_finder(finder_path).find(pictures), strict=True):
        assert [pet[:2] for pet in one] == [pet[:2] for pet in other]
        np.testing.assert_allclose([pet.score for pet in one], [pet.score for pet in other], atol=1e-4)


def test_calls_that_cannot_be_met(exported, model_path, finder_path, tmp_path):
    out = ["--out", str(tmp_path / "out")]
    with pytest.raises(CallError, match="name what to export"):
        main(out)
    with pytest.raises(CallError, match="--min_pet needs --weight_path and --finder"):
        main([*out, "--finder", str(finder_path), "--min_pet", "0.1"])
    with pytest.raises(CallError, match=r"holds no finder\.json"):
        main([*out, "--finder", str(model_path)])
    photo = str(exported.parent / "photo.jpg")
    with pytest.raises(
        CallError, match=r"model\.onnx: takes whole pictures, for other programs; give the model\.keras"
    ):
        infer(["--weight_path", str(exported / "model.onnx"), "--image", photo])
    with pytest.raises(
        CallError, match=r"model\.onnx: takes whole pictures, for other programs; give the finder\.keras"
    ):
        infer(["--weight_path", str(model_path), "--finder", str(exported / "model.onnx"), "--image", photo])
    assert not list(tmp_path.iterdir())
    assert json.loads((exported / "finder.json").read_text(encoding="utf-8"))["image_size"] == FINDER_SIDE
