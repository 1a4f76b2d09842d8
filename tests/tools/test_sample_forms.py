"""The sample as zips, pieces and a tar: the same files, in archives such as AI Hub hands out."""

import tarfile
import unicodedata
import zipfile
from collections import Counter
from hashlib import sha256
from pathlib import Path

import pytest

from console.command import run_command
from tests.deliveries import list_pieces_of, unpack_delivery
from tools.make_sample import main
from tools.sample.delivery_forms import SAMPLE_FORMS, choose_piece_length
from tools.sample.tree import make_sample
from tools.sample.video_plans import SampleSpec

SPEC = SampleSpec(videos=6, frames=5, height=135, seed=3)


@pytest.fixture(scope="module")
def forms(tmp_path_factory):
    """The folders of the sample in each form, and the counts of all of them."""
    root = tmp_path_factory.mktemp("forms")
    counts = [make_sample(root / form, SPEC, 1, form) for form in SAMPLE_FORMS]
    assert all(found == counts[0] for found in counts)
    return {form: root / form for form in SAMPLE_FORMS}


@pytest.fixture(scope="module")
def unpacked(forms, tmp_path_factory):
    root = tmp_path_factory.mktemp("unpacked")
    return {form: digests(unpack_delivery(forms[form], root / form)) for form in SAMPLE_FORMS}


def digests(root: Path) -> dict[str, str]:
    paths = (path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): sha256(path.read_bytes()).hexdigest() for path in paths}


def list_zips(root: Path) -> dict[str, zipfile.ZipFile]:
    return {path.relative_to(root).as_posix(): zipfile.ZipFile(path) for path in sorted(root.rglob("*.zip"))}


def test_all_forms_hold_the_same_files(unpacked):
    assert unpacked["zips"] == unpacked["pieces"] == unpacked["tar"]
    assert Counter(unpacked["zips"].values()) == Counter(unpacked["folders"].values())


def test_names_repeat_over_species_kinds_and_splits(forms):
    places = [Path(name).parts for name in list_zips(forms["zips"])]
    assert {part[:2] for part in places} == {
        ("123.반려동물 구분을 위한 동물 영상 데이터셋(종류 구분, 행동 구분)", "01.데이터")
    }
    by_name = [[part for part in places if part[5] == name] for name in {part[5] for part in places}]
    for level in (2, 3, 4):  # split, kind, species
        assert any(len({part[level] for part in same}) > 1 for same in by_name)


def test_names_are_in_both_encodings_and_frames_are_stored(forms):
    members = [member for archive in list_zips(forms["zips"]).values() for member in archive.infolist()]
    flagged = [member.filename for member in members if member.flag_bits & 1 << 11]
    others = [member.filename.encode("cp437").decode("cp949") for member in members if not member.flag_bits & 1 << 11]
    for names in (flagged, others):
        assert {part for name in names for part in name.split("/")} >= {"라벨링데이터", "원천데이터"}
    assert any(name != unicodedata.normalize("NFC", name) for name in flagged)
    for member in members:
        is_label = member.filename.endswith(".json")
        assert member.compress_type == (zipfile.ZIP_DEFLATED if is_label else zipfile.ZIP_STORED)


def test_pieces_break_members_and_sort_otherwise_as_text(forms):
    zips = list_zips(forms["zips"])
    length = choose_piece_length(max(Path(archive.filename).stat().st_size for archive in zips.values()))
    as_text, broken = 0, 0
    for name, archive in zips.items():
        pieces = list_pieces_of(forms["pieces"] / name)
        starts = [int(piece.name.rpartition(".part")[2]) for piece in pieces]
        assert starts == list(range(0, Path(archive.filename).stat().st_size, length))
        assert b"".join(piece.read_bytes() for piece in pieces) == Path(archive.filename).read_bytes()
        as_text += sorted(pieces) != pieces
        spans = [(member.header_offset, member.header_offset + member.file_size) for member in archive.infolist()]
        broken += sum(first + 60 < start < last for first, last in spans for start in starts)
    assert as_text and broken


def test_the_tar_holds_zips_and_pieces_under_long_names(forms):
    assert [path.name for path in forms["tar"].iterdir()] == ["download.tar"]
    with tarfile.open(forms["tar"] / "download.tar") as tar:
        names = tar.getnames()
        assert not tar.pax_headers and all(len(name.encode()) > 100 for name in names)
    assert {name.rpartition(".")[2].rstrip("0123456789") for name in names} == {"zip", "part"}
    assert b"././@LongLink" in (forms["tar"] / "download.tar").read_bytes()[:512]


def test_the_same_call_gives_the_same_archives(forms, tmp_path):
    make_sample(tmp_path / "again", SPEC, 2, "tar")
    assert digests(tmp_path / "again") == digests(forms["tar"])


def test_an_unknown_form_is_refused(tmp_path, capsys):
    assert run_command("make_sample", main, [str(tmp_path / "new"), "--as", "rar"]) == 2
    assert "--as" in capsys.readouterr().err and not list(tmp_path.iterdir())
