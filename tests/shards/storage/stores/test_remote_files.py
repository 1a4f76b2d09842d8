"""Files on real servers: S3's protocol and OpenSSH; read, written, listed, and what goes wrong."""

import threading
import time

import pytest

from shards.errors import CallError
from shards.storage.places import read_place_blocks
from shards.storage.stores import remote_files
from shards.storage.stores.remote_files import (
    list_remote_folder,
    read_remote_file,
    read_remote_range,
    read_remote_state,
    remove_remote_file,
    upload_file,
)
from shards.storage.stores.remote_path import RemotePath, locate, parse_store_url

DATA = bytes(range(256)) * 4_000  # 1 MB


@pytest.fixture(scope="module", params=["s3", "gcs", "sftp"])
def server(request):
    return request.getfixturevalue(f"{request.param}_server")


@pytest.fixture(scope="module")
def folder(server, tmp_path_factory) -> RemotePath:
    """A folder with a Korean name on a server that holds nothing yet."""
    if hasattr(server, "make_bucket"):
        return parse_store_url(f"{server.make_bucket('files')}/반려 동물?{server.query}")
    return parse_store_url(f"{server.name_folder(tmp_path_factory.mktemp('served'))}/반려 동물?{server.query}")


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    path = tmp_path_factory.mktemp("local") / "data"
    path.write_bytes(DATA)
    return path


@pytest.fixture(scope="module")
def stored(folder, local) -> RemotePath:
    path = folder / "멍" / "a 50%?#.bin"
    upload_file(local, path)
    return path


def test_a_file_is_read_as_it_was_written(stored):
    assert read_remote_file(stored) == DATA
    assert b"".join(read_place_blocks(stored)) == DATA
    assert read_remote_range(stored, 1000, 70_000) == DATA[1000:71_000]
    assert read_remote_range(stored, len(DATA) - 10, 100) == DATA[-10:]
    assert read_remote_range(stored, len(DATA) + 10, 100) == b""
    assert read_remote_state(stored).size == len(DATA)
    assert parse_store_url(stored.url) == stored


def test_folders_are_listed_and_nothing_partial_is_left(folder, stored):
    (name,) = [entry for entry in list_remote_folder(folder) if entry.is_folder]
    assert name.name == "멍"
    found = [entry for entry in list_remote_folder(folder, recursive=True) if not entry.is_folder]
    assert [(entry.name, entry.size) for entry in found] == [(f"멍/{stored.name}", len(DATA))]
    assert list_remote_folder(folder / "none") == []


def test_another_file_in_its_place_is_another_version(folder, tmp_path):
    path, local = folder / "replaced", tmp_path / "local"
    local.write_bytes(b"1")
    upload_file(local, path)
    before = read_remote_state(path)
    assert read_remote_state(path) == before
    local.write_bytes(b"22")
    assert read_remote_range(path, 0, 9) == b"1"  # stays open
    upload_file(local, path)
    assert read_remote_state(path) != before and read_remote_file(path) == b"22"
    assert b"".join(read_place_blocks(path)) == b"22"
    remove_remote_file(path)
    remove_remote_file(path)  # nothing is there
    with pytest.raises(FileNotFoundError):
        read_remote_state(path)


def test_what_is_not_there_is_said_at_once(folder):
    start = time.monotonic()
    for read in (read_remote_state, read_remote_file, lambda path: read_remote_range(path, 0, 1)):
        with pytest.raises(FileNotFoundError) as found:
            read(folder / "없다")
        assert found.value.filename == str(folder / "없다")
    assert time.monotonic() - start < 10  # the pauses between retries are 30 s


def test_a_bucket_that_is_not_there(s3_server, local):
    with pytest.raises(FileNotFoundError, match="no such bucket"):
        upload_file(local, parse_store_url(f"s3://no-such-bucket/x?{s3_server.query}"))


def test_a_server_that_comes_back_is_asked_again(server, stored):
    read_remote_range(stored, 0, 10)
    server.stop()
    back = threading.Timer(1.5, server.start)
    back.start()
    assert read_remote_range(stored, 10, 100_000) == DATA[10:100_010]
    back.join()


def test_a_server_that_stays_away_is_named(sftp_server, monkeypatch):  # S3's own retries take 6 s
    monkeypatch.setattr(remote_files, "_RETRY_PAUSES", (0.1,))
    path = parse_store_url(f"{sftp_server.name_folder(sftp_server.config)}?{sftp_server.query}")
    read_remote_range(path, 0, 10)
    sftp_server.stop()
    try:
        with pytest.raises(ConnectionError) as found:
            read_remote_range(path, 20, 10)
        assert found.value.filename == str(path)
    finally:
        sftp_server.start()


def test_bytes_that_paramiko_has_left_of_an_earlier_read_are_not_waited_behind(sftp_server, local):
    """It leaves some where the first answers come before the last requests are sent; by hand here, as that is rare."""
    path = parse_store_url(f"{sftp_server.name_folder(local)}?{sftp_server.query}")
    store = remote_files._open_store(path.store, path.query)
    reader = store.open_reader(path.key)
    store._connect().get_channel().settimeout(2)
    assert reader.read_at(0, 100) == DATA[:100]
    reader._file._prefetch_data[50] = DATA[50:60]
    assert reader.read_at(50, 100_000) == DATA[50:100_050]
    store.disconnect()


def test_a_file_that_cannot_be_sent_leaves_nothing(folder, local, monkeypatch):
    class Broken:
        def __init__(self):
            self.left = 3

        def read(self, size):
            self.left -= 1
            if self.left < 0:
                raise KeyboardInterrupt
            return bytes(1000)

    store = remote_files._open_store(folder.store, folder.query)
    with pytest.raises(KeyboardInterrupt):
        store.upload(Broken(), (folder / "halves" / "x").key)
    assert [entry for entry in list_remote_folder(folder / "halves") if not entry.is_folder] == []


def test_an_unknown_server_is_not_trusted(sftp_server, tmp_path):
    config = tmp_path / "config"
    config.write_text(sftp_server.config.read_text().replace("known_hosts", "nobody"))
    with pytest.raises(PermissionError, match=r"not in ~/\.ssh/known_hosts"):
        read_remote_file(parse_store_url(f"sftp://127.0.0.1:{sftp_server.port}/etc/hostname?config={config}"))


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("s3://key:word@bucket/x", "a password in a URL"),
        ("s3:///x", "names no bucket"),
        ("sftp://", "names no host"),
        ("gs://bucket/a/../b", "has . or .."),
    ],
)
def test_urls_that_are_refused(url, words):
    with pytest.raises(CallError, match=words) as found:
        locate(url)
    assert "word@" not in str(found.value)


@pytest.mark.parametrize("query", ["?nonsense=1", "?config=/none"])
@pytest.mark.parametrize("scheme", ["s3", "sftp"])
def test_queries_that_no_one_reads_are_refused(scheme, query):
    pytest.importorskip("paramiko")
    with pytest.raises(CallError, match=query[1:]):
        read_remote_file(parse_store_url(f"{scheme}://host/x{query}"))


def test_percent_encoding_and_unicode_forms_are_one_name():
    (url,) = {parse_store_url(f"s3://b/{text}") for text in ("멍/a", "%EB%A9%8D/a", "멍/a", "멍//a/")}
    assert (str(url), url.name, url.parent.key) == ("s3://b/멍/a", "a", "멍")


def test_threads_read_at_the_same_time(stored):
    found: dict[int, bytes] = {}

    def read(number: int) -> None:
        found[number] = b"".join(read_remote_range(stored, offset, 40_000) for offset in range(0, len(DATA), 40_000))

    threads = [threading.Thread(target=read, args=(number,), daemon=True) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert [found.get(number) == DATA for number in range(4)] == [True] * 4
