import shutil

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest

from console.command import run_command
from console.hangul_font import find_hangul_font
from preprocess.run import run
from preprocess.settings import PreprocessSettings
from tests.trees import make_jpeg, make_label, write_video
from tools import show
from tools.extracts.crop_choice import find_kept_row
from tools.extracts.stored_crop import read_crop


@pytest.fixture(scope="module")
def dataset(two_workers, tmp_path_factory):
    folder = tmp_path_factory.mktemp("show")
    for number, mood in enumerate(("공포", "편안/안정")):
        label = make_label(inspect={"emotion": mood})
        images = {0: make_jpeg(number), 5: make_jpeg(number), 10: b""}
        write_video(folder / "pets", f"dog-sit-{number:06}", images, label=label)
    run(PreprocessSettings(source=[str(folder / "pets")], out=str(folder / "데이터")))
    return folder / "데이터"


def rows(dataset, status):
    return [row for row in pq.read_table(dataset / "manifest.parquet").to_pylist() if row["status"] == status]


def show_dataset(*arguments) -> int:
    return run_command("show", show.main, [str(argument) for argument in arguments])


def test_a_font_with_hangul_is_there():
    from matplotlib import font_manager

    path = font_manager.findfont(find_hangul_font(), fallback_to_default=False)
    assert font_manager.get_font(path).get_char_index(ord("편")) != 0


def test_a_grid_with_korean_moods(dataset, tmp_path, capsys, recwarn):
    assert show_dataset(dataset, "--png", tmp_path / "그림.png") == 0
    assert capsys.readouterr().out.startswith(f"made    {(tmp_path / '그림.png').as_uri()}\nfigures ")
    picture = cv2.imdecode(np.fromfile(tmp_path / "그림.png", np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape[0] > 300 and picture.std() > 20
    assert not [warning for warning in recwarn if "Glyph" in str(warning.message)]


def test_a_picture_of_ours_is_replaced_and_somebodys_is_not(dataset, tmp_path, capsys):
    assert show_dataset(dataset, "--columns", 1, "--png", tmp_path / "a.png") == 0
    assert show_dataset(dataset, "--columns", 1, "--png", tmp_path / "a.png") == 0
    picture = cv2.imencode(".png", np.zeros((9, 9), np.uint8))[1].tobytes()
    (tmp_path / "a.png").write_bytes(picture)
    assert show_dataset(dataset, "--columns", 1, "--png", tmp_path / "a.png") == 2
    assert "no report of ours" in capsys.readouterr().err and (tmp_path / "a.png").read_bytes() == picture


def test_one_key(dataset, tmp_path):
    key = rows(dataset, "kept")[0]["key"]
    assert show_dataset(dataset, "--key", key, "--png", tmp_path / "one.png") == 0
    row = find_kept_row(dataset, key)
    assert read_crop(dataset, row).shape == (256, 256, 3)


def test_bad_calls(dataset, tmp_path, capsys):
    twin = rows(dataset, "duplicate")[0]
    bad = rows(dataset, "rejected")[0]
    for arguments, message in (
        ([tmp_path / "nowhere"], "is not a folder"),
        ([dataset, "--key", "nobody/1"], "no frame has the key nobody/1"),
        ([dataset, "--key", twin["key"]], f"a duplicate of {twin['duplicate_of']}"),
        ([dataset, "--key", bad["key"]], "image_unreadable"),
        ([dataset, "--columns", "0"], "--columns 0"),
        ([dataset, "--png", tmp_path / "no" / "a.png"], "does not exist"),
        ([dataset, "--png", dataset / "a.png"], "lies in the dataset"),
        ([dataset, "--png", dataset.with_name("pets") / "a.png"], "lies in the source"),
        ([dataset, "--png", dataset.with_name("데이터.log.json")], "is the log of the run"),
        ([dataset / "dataset.json"], "is a file; give the folder that preprocess wrote"),
        ([""], "DIR is empty; give the folder that preprocess wrote"),
    ):
        assert show_dataset(*arguments) == 2
        error = capsys.readouterr().err
        assert message in error and len(error.splitlines()) == 1
    assert show_dataset(dataset, "--split", "val") == 1


def flip_bit(path, place):
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)


def test_damaged_datasets(dataset, tmp_path, capsys):
    copy = tmp_path / "데이터"
    for damage, message in (
        (lambda: next(copy.glob("pet_mood-train*")).unlink(), "-of-00001: missing; run python -m tools.verify"),
        (lambda: (copy / "manifest.parquet").write_bytes(b"PAR1"), "manifest.parquet is missing, damaged or"),
        (
            lambda: flip_bit(copy / "manifest.parquet", -300),
            "manifest.parquet is missing, damaged or",
        ),  # no page has it
        (lambda: (copy / "manifest.parquet").unlink(), "manifest.parquet is missing, damaged or"),
    ):
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(dataset, copy)
        damage()
        assert show_dataset(copy) == 1
        error = capsys.readouterr().err
        assert message in error and "run python -m tools.verify" in error and len(error.splitlines()) == 1
