import os

import pytest

from shards.storage.utf8_path import make_utf8_path


@pytest.mark.parametrize("name", ["plain.mp4", "강아지 [a]*?{b}.mp4"])
def test_a_name_that_is_text_stays(tmp_path, name):
    with make_utf8_path(tmp_path / name) as named:
        assert named == tmp_path / name


@pytest.mark.parametrize("temporary", ["text", "영상"])
def test_a_name_that_is_no_text_has_a_link_for_as_long_as_it_takes(tmp_path, monkeypatch, temporary):
    odd = tmp_path / os.fsdecode("영상".encode("cp949") + b".mp4")
    odd.write_bytes(b"frames")
    place = tmp_path / os.fsdecode(temporary.encode("cp949"))
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))  # TMPDIR itself may be no text
    with make_utf8_path(odd) as named:
        assert str(named).encode() and named.suffix == ".mp4" and named.read_bytes() == b"frames"
    assert not named.is_symlink() and list(place.iterdir()) == [] and odd.exists()
