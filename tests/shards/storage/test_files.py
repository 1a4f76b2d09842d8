import errno
import os
import socket

import pytest

from shards.storage import files
from shards.storage.files import (
    IrregularFile,
    make_temporary_folder,
    name_partial,
    name_plainly,
    read_file,
    remove_partials,
    write_atomically,
)


def test_appears_only_when_whole(tmp_path):
    with write_atomically(tmp_path / "파일") as file:
        file.write(b"half")
        assert not (tmp_path / "파일").exists()
    assert (tmp_path / "파일").read_bytes() == b"half"


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    (tmp_path / "file").write_bytes(b"old")
    with pytest.raises(RuntimeError), write_atomically(tmp_path / "file") as file:
        file.write(b"new")
        raise RuntimeError
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_bytes() == b"old"


@pytest.mark.parametrize("kind", ["pipe", "socket", "folder", "device"])
def test_only_regular_files_are_read(tmp_path, kind):
    path = tmp_path / kind
    if kind == "pipe":
        os.mkfifo(path)  # without a writer: opening it plainly would wait for ever
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(str(path))
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("/dev/zero")
    with pytest.raises(IrregularFile):
        read_file(path)


def test_links_are_followed_and_what_is_not_there_is_a_fact(tmp_path):
    (tmp_path / "file").write_bytes(b"whole")
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "ring").symlink_to("ring")
    assert read_file(tmp_path / "link") == b"whole"
    for name in ("nothing", "file/below", "ring", "x" * 300):
        with pytest.raises(FileNotFoundError):
            read_file(tmp_path / name)


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE, errno.EMFILE, errno.ENFILE, errno.ENOMEM])
@pytest.mark.parametrize("times", [1, 3, 4])
def test_what_may_pass_is_tried_again(tmp_path, monkeypatch, number, times):
    path, real, failed = tmp_path / "프레임.jpg", os.open, []
    path.write_bytes(b"whole")

    def fail(*call, **options):
        if len(failed) < times:
            failed.append(call)
            raise OSError(number, os.strerror(number))
        return real(*call, **options)

    monkeypatch.setattr(files.os, "open", fail)
    monkeypatch.setattr(files, "_PAUSES", (0, 0, 0))
    if times < 4:
        assert read_file(path) == b"whole"
    else:
        with pytest.raises(OSError) as raised:
            read_file(path)
        assert raised.value.errno == number and raised.value.filename == path


def test_what_a_killed_process_was_writing_is_known_by_its_name(tmp_path):
    left = [name_partial(tmp_path / name) for name in ("run.json", "감정.json")]
    for path in left:
        path.touch()
    (name_partial(tmp_path / "model.keras")).mkdir()
    others = [tmp_path / name for name in ("run.json", ".run.json.partial", ".x.12-abc.partial")]
    for path in others:
        path.touch()
    remove_partials(tmp_path, older_than=60)
    assert len(list(tmp_path.iterdir())) == 6
    remove_partials(tmp_path, r"run\.json|model\.keras")
    assert set(tmp_path.iterdir()) == {left[1], *others}
    remove_partials(tmp_path)
    assert set(tmp_path.iterdir()) == set(others)
    remove_partials(tmp_path / "nowhere")


def test_a_temporary_folder_goes_whatever_happens(tmp_path):
    with pytest.raises(RuntimeError), make_temporary_folder(tmp_path / "model.keras") as folder:
        (folder / "half").touch()
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["plain.mp4", "강아지 [a]*?{b}.mp4"])
def test_a_name_that_is_text_stays(tmp_path, name):
    with name_plainly(tmp_path / name) as named:
        assert named == tmp_path / name


@pytest.mark.parametrize("temporary", ["text", "영상"])
def test_a_name_that_is_no_text_has_a_link_for_as_long_as_it_takes(tmp_path, monkeypatch, temporary):
    odd = tmp_path / os.fsdecode("영상".encode("cp949") + b".mp4")
    odd.write_bytes(b"frames")
    place = tmp_path / os.fsdecode(temporary.encode("cp949"))
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))  # TMPDIR itself may be no text
    with name_plainly(odd) as named:
        assert str(named).encode() and named.suffix == ".mp4" and named.read_bytes() == b"frames"
    assert not named.is_symlink() and list(place.iterdir()) == [] and odd.exists()
