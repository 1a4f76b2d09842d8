"""tools.verify reads datasets where they lie: in an S3 store, and on an SFTP server."""

import re
import shutil

import pytest

from shards.dataset import read_dataset
from shards.storage.stores.remote_files import remove_remote_file, upload_file
from shards.storage.stores.remote_path import RemotePath, parse_store_url
from tools.verify import main


@pytest.fixture(params=["s3", "gcs", "sftp"])
def store(request, odd_dataset, tmp_path) -> RemotePath:
    """A dataset with a Korean name in a store."""
    server = request.getfixturevalue(f"{request.param}_server")
    if request.param == "sftp":
        shutil.copytree(odd_dataset, tmp_path / "멍")
        return parse_store_url(f"{server.name_folder(tmp_path / '멍')}?{server.query}")
    folder = parse_store_url(f"{server.make_bucket('verified')}/멍?{server.query}")
    for path in odd_dataset.rglob("*.*"):
        upload_file(path, folder / str(path.relative_to(odd_dataset)))
    return folder


def test_faults_in_a_store_are_found_and_named(store, odd_dataset, tmp_path, capsys):
    assert main([store.url]) == 0
    assert re.search(rf"^{re.escape(str(store))} is whole: \d+ shards", capsys.readouterr().out)
    name = read_dataset(odd_dataset).all_shards[0].file
    data = bytearray((odd_dataset / name).read_bytes())
    data[-6] ^= 1
    (tmp_path / "damaged").write_bytes(data)
    upload_file(tmp_path / "damaged", store / name)
    remove_remote_file(store / "features.json")
    assert main([store.url]) == 1
    out = capsys.readouterr().out.splitlines()
    assert f"{store / 'features.json'}: missing" in out
    damaged = re.compile(rf"{re.escape(str(store / name))}: offset \d+: the record does not fit its checksum")
    assert any(damaged.fullmatch(line) for line in out)
