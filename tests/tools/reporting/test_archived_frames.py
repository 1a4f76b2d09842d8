"""Reports cut frames from archives as from folders, whatever form the delivery has."""

import os
import subprocess
import sys
import unicodedata

import numpy as np
import pyarrow.parquet as pq
import pytest

from preprocess.archives.zip_directory import DamagedArchive
from preprocess.run import run
from preprocess.settings import PreprocessSettings
from preprocess.sources.data_file import read_data_file
from tests.conftest import ROOT
from tests.preprocess.archives.forms import FORMS, deliver_tree, flip, write_files, zip_tree
from tests.preprocess.archives.zips import make_zip
from tests.trees import write_video
from tools.reporting import archived_frames
from tools.reporting.archived_frames import find_archived_frame
from tools.reporting.frame_pictures import PICTURE_COLUMNS
from tools.reporting.opened_dataset import find_sources, open_dataset
from tools.reporting.source_frames import PictureUnavailable, SourceFrames


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    root = tmp_path_factory.mktemp("나무") / "aihub"
    for number, part in enumerate(("Training/CAT", "Validation/개")):
        write_video(root, f"cat-arch-00000{number}", 3, part=f"01.데이터/{part}")
    return root


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_crops_of_the_folders(tree, two_workers, tmp_path, form):
    source = deliver_tree(tree, tmp_path / "배달", form)
    run(PreprocessSettings(source=[str(source)], out=str(tmp_path / "pets")))
    opened = open_dataset(tmp_path / "pets")
    sources = find_sources(opened, None)
    assert sources == [source] == find_sources(opened, [str(source)])
    rows = pq.read_table(tmp_path / "pets" / "manifest.parquet", columns=list(PICTURE_COLUMNS)).to_pylist()
    assert len(rows) == 6
    for row in rows:
        assert np.array_equal(*(SourceFrames([root]).decode_crop(row, 64) for root in (source, tree)))
        assert SourceFrames([source]).decode_whole(row, 64)[1] == (320, 240)


def find(source, image_file: str) -> bytes | None:
    found = find_archived_frame(os.fsencode(source), image_file)
    return found and read_data_file(found)


def test_where_a_frame_is_looked_for(tmp_path):
    one, two = (make_zip({"v/frame_1_timestamp_1.jpg": data}) for data in (b"1", b"2"))
    root = write_files(tmp_path, {"a/b/C.zip": one, "a/B.zip": two, unicodedata.normalize("NFD", "고양이.zip"): two})
    assert find(root, "a/b/C/v/frame_1_timestamp_1.jpg") == b"1"
    assert find(root, "고양이/v/frame_1_timestamp_1.jpg") == find(root, "a/B/v/frame_1_timestamp_1.jpg") == b"2"
    for missing in ("v/frame_1_timestamp_1.jpg", "a/b/C/frame_1_timestamp_1.jpg", "a/b/C/v/frame_2_timestamp_1.jpg"):
        assert find(root, missing) is None
    for missing in ("a/D/v/frame_1_timestamp_1.jpg", "x.jpg", "a/b/C", "nowhere/at/all.jpg"):
        assert find(root, missing) is None
    assert find(root / "a" / "B.zip", "B/v/frame_1_timestamp_1.jpg") == b"2"


def test_why_a_frame_in_an_archive_has_no_picture(tree, tmp_path):
    zips = zip_tree(tree)
    name = next(name for name in zips if name.endswith("CAT/원천데이터.zip"))
    frame = f"{name[:-4]}/cat-arch-000000/frame_0_timestamp_0.jpg"
    row = dict.fromkeys(PICTURE_COLUMNS) | {"source": 0, "image_file": frame}

    def explain(data: bytes | None, **values) -> str:
        root = tmp_path / str(len(list(tmp_path.iterdir())))
        write_files(root, {} if data is None else {name: data}).mkdir(exist_ok=True)
        with pytest.raises(PictureUnavailable) as caught:
            SourceFrames([root]).decode_whole(row | values, 64)
        return str(caught.value)

    whole = zips[name]
    assert explain(None) == "image missing"
    assert explain(whole, image_file=f"{frame}x") == "image missing"
    assert explain(whole, image_file=f"x/../{frame}") == explain(whole, image_file=f"/{frame}") == "image missing"
    assert explain(flip(whole, [2000])) == explain(whole[:-1]) == "image unreadable"
    assert explain(whole, width=9, height=9) == "image changed since"


def test_a_damaged_archive_is_named_unless_another_holds_the_frame(tmp_path):
    frame = make_zip({"C/v/frame_1_timestamp_1.jpg": b"1"})
    root = write_files(tmp_path, {"a/C.zip": b"damaged"})
    with pytest.raises(DamagedArchive, match=r"a/C.zip: its end is missing"):
        find(root, "a/C/v/frame_1_timestamp_1.jpg")
    archived_frames._list_archives.cache_clear()
    write_files(tmp_path, {"a.zip": frame})
    assert find(root, "a/C/v/frame_1_timestamp_1.jpg") == b"1"


def test_a_report_of_a_tar(tree, two_workers, tmp_path):
    """The command itself, with the source given."""
    source = deliver_tree(tree, tmp_path / "배달", "tar as source")
    write_video(tmp_path / "twins", "cat-arch-000009", {0: (twin := next(tree.rglob("*.jpg")).read_bytes()), 5: twin})
    out = tmp_path / "pets"
    run(PreprocessSettings(source=[str(source), str(tmp_path / "twins")], out=str(out)))
    command = ["tools.dedupe_report", str(out), "--html", str(tmp_path / "a.html"), "--source", str(source)]
    command.append(str(tmp_path / "twins"))
    done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "missing" not in done.stderr
