import errno
import os
import socket

import pytest

from shards.storage import files
from shards.storage.files import IrregularFile, read_file


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
    monkeypatch.setattr(files, "_RETRY_PAUSES", (0, 0, 0))
    if times < 4:
        assert read_file(path) == b"whole"
    else:
        with pytest.raises(OSError) as raised:
            read_file(path)
        assert raised.value.errno == number and raised.value.filename == path
