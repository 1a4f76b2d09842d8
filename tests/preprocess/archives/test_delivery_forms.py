"""Whole runs on zips, pieces and a tar: the same dataset as from the folders that they stand for."""

import os
import shutil
from pathlib import Path

import pytest

from preprocess.run import run
from preprocess.settings import PreprocessSettings
from shards.dataset import read_dataset
from shards.errors import CallError
from shards.verification import verify_dataset
from tests.deliveries import unpack_delivery
from tests.trees import digests
from tools.sample.delivery_forms import SAMPLE_FORMS, pack_delivery
from tools.sample.tree import make_sample
from tools.sample.video_plans import SampleSpec

pytestmark = pytest.mark.usefixtures("two_workers")


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """The folder of the deliveries, one in each form, the counts of all of them, and all files in it."""
    root = tmp_path_factory.mktemp("납품")
    counts = make_sample(root / "zips", SampleSpec(videos=6, frames=4, height=270), workers=1, form="zips")
    unpack_delivery(root / "zips", root / "folders")
    for form in ("pieces", "tar"):
        shutil.copytree(root / "folders", root / form)
        pack_delivery(root / form, form)
    return root, counts, list_places(root)


def list_places(root: Path) -> set[tuple[str, int]]:
    return {(str(path), path.stat().st_mtime_ns) for path in root.rglob("*")}


def settings_for(source: Path, out: Path) -> PreprocessSettings:
    return PreprocessSettings(source=[str(source)], out=str(out), shard_bytes=200_000)


@pytest.fixture(scope="module")
def made(sample, two_workers, tmp_path_factory):
    """The dataset of each form."""
    out = tmp_path_factory.mktemp("made")
    for form in SAMPLE_FORMS:
        run(settings_for(sample[0] / form, out / form))
    return {form: out / form for form in SAMPLE_FORMS}


@pytest.mark.parametrize("form", SAMPLE_FORMS[1:])
def test_the_same_bytes_as_from_folders(made, form):
    assert digests(made[form]) == digests(made["folders"])


def test_every_known_defect_is_found_in_archives(sample, made):
    known, counts = sample[1], read_dataset(made["zips"]).counts
    assert {reason: n for reason, n in counts["reasons"].items() if not reason.startswith("near")} == known.rejected
    assert counts["rows"] == known.rows and counts["kept"] + counts["duplicate"] == known.usable.total()
    assert list(verify_dataset(made["zips"])) == []


def test_nothing_is_written_beside_the_deliveries(sample, made):
    assert list_places(sample[0]) == sample[2]


def test_a_copied_delivery_is_no_change(sample, made, tmp_path, capsys):
    """Nor is a copy that was joined from its pieces, or unpacked from the tar."""
    before = {path: path.stat().st_mtime_ns for path in made["tar"].iterdir()}
    shutil.copytree(sample[0] / "tar", tmp_path / "tar", copy_function=shutil.copyfile)
    os.utime(tmp_path / "tar" / "download.tar", (1, 1))
    for source in (sample[0] / "tar", tmp_path / "tar", sample[0] / "zips", sample[0] / "pieces"):
        run(settings_for(source, made["tar"]))
        assert "nothing to do" in capsys.readouterr().out
    assert {path: path.stat().st_mtime_ns for path in made["tar"].iterdir()} == before


def test_one_changed_member_is_a_change(sample, made, tmp_path):
    """Of the same size, in an archive of the same size: only its checksum tells."""
    source = unpack_delivery(sample[0] / "zips", tmp_path / "changed")
    frame = min(source.rglob("*-000156*/frame_*.jpg"))  # of the first video, which is kept
    data = bytearray(frame.read_bytes())
    data[-3] ^= 1  # in the last pixels
    frame.write_bytes(data)
    pack_delivery(source, "zips")
    with pytest.raises(CallError, match="other inputs or settings"):
        run(settings_for(source, made["zips"]))
