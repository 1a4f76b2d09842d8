"""Whole runs on sources in stores: the bytes of the tree on a disk, few requests, and what changes meanwhile."""

from pathlib import Path

import pytest

from preprocess.archives.byte_source import open_whole, read_bytes
from preprocess.run import run
from preprocess.settings import PreprocessSettings
from preprocess.sources.data_file import fetch_ahead, read_data_file
from preprocess.sources.source_kinds import check_sources, find_videos, list_images
from shards.errors import CallError, DataError
from shards.storage.stores.remote_files import remove_remote_file, upload_file
from shards.storage.stores.remote_path import RemotePath, parse_store_url
from tests.preprocess.archives.forms import deliver_tree, write_pets
from tests.trees import digests, write_video

PARTS = ("Training/CAT", "Validation/CAT")


@pytest.fixture(scope="module")
def tree(tmp_path_factory) -> Path:
    return write_pets(tmp_path_factory.mktemp("나무") / "aihub", PARTS)


@pytest.fixture(scope="module")
def of_folders(tree, two_workers, tmp_path_factory) -> dict[str, str]:
    return digests(make(str(tree), tmp_path_factory.mktemp("결과") / "pets"))


def make(source: str, out: Path) -> Path:
    run(PreprocessSettings(source=[source], out=str(out)))
    return out


def upload_tree(root: Path, url: str) -> None:
    for path in sorted(root.rglob("*") if root.is_dir() else [root]):
        if path.is_file():
            name = str(path.relative_to(root if root.is_dir() else root.parent))
            upload_file(path, parse_store_url(url) / name)


@pytest.mark.parametrize(
    ("server", "form"), [("s3", None), ("gcs", None), ("s3", "pieces"), ("s3", "tar of zips"), ("sftp", "stored")]
)
def test_every_form_gives_the_bytes_of_the_folders(server, form, tree, of_folders, request, tmp_path):
    server = request.getfixturevalue(f"{server}_server")
    source = deliver_tree(tree, tmp_path / "배달", form) if form else tree
    if hasattr(server, "make_bucket"):
        url = f"{server.make_bucket(f'source-{form}'.lower().replace(' ', '-'))}/배달?{server.query}"
        upload_tree(source, url)
    else:
        url = f"{server.name_folder(source)}?{server.query}"
    assert digests(make(url, tmp_path / "out" / "pets")) == of_folders


def test_frames_that_lie_together_take_few_requests(s3_server, tmp_path):
    """40 frames of 100 kB in one zip: two reads each, and a request for some MB of them."""
    frames = {5 * i: bytes([i]) * 100_000 for i in range(40)}
    write_video(tmp_path / "tree" / "a", "cat-arch-000001", frames)
    source = deliver_tree(tmp_path / "tree", tmp_path / "zips", "stored")
    url = f"{s3_server.make_bucket('requests')}/zips?{s3_server.query}"
    upload_tree(source, url)
    (video,) = find_videos([url]).videos
    images = list_images(video)
    s3_server.requests.clear()
    here = {image.relative: read_data_file(image.file) for image in images.values()}
    total = sum(map(len, here.values()))
    assert len(here) == 40 and total == 4_000_000
    assert s3_server.requests["GET"] <= 8 and s3_server.requests["HEAD"] <= 1
    (local,) = find_videos([str(source)]).videos
    assert here == {image.relative: read_data_file(image.file) for image in list_images(local).values()}


def test_files_that_are_fetched_ahead_are_those_that_are_asked_for(sftp_server, tmp_path):
    files = []
    for number in range(40):
        (tmp_path / str(number)).write_bytes(bytes([number]))
        files.append(parse_store_url(f"{sftp_server.name_folder(tmp_path / str(number))}?{sftp_server.query}"))
    (tmp_path / "5").unlink()
    with fetch_ahead(files):
        for number in (0, 1, 4, 2, 6, 7, 30, 39, *range(8, 30)):  # some are passed over, some are asked for late
            assert read_data_file(files[number]) == bytes([number])
        with pytest.raises(FileNotFoundError):
            read_data_file(files[5])


def test_any_range_is_read_as_it_lies(sftp_server, tmp_path):
    data = bytes(range(251)) * 4000
    (tmp_path / "file").write_bytes(data)
    source = open_whole(parse_store_url(f"{sftp_server.name_folder(tmp_path / 'file')}?{sftp_server.query}"))
    for offset, length in ((0, 30), (30, 100_000), (99_000, 5), (100_030, 10), (900_000, 200_000), (5, 7), (10**7, 5)):
        assert read_bytes(source, offset, length) == data[offset : offset + length]


def upload_bytes(folder: Path, path: RemotePath, data: bytes) -> None:
    (folder / "new").write_bytes(data)
    upload_file(folder / "new", path)


def test_what_changes_meanwhile_is_said(s3_server, tree, tmp_path):
    zips = deliver_tree(tree, tmp_path / "zips", "stored")
    url = f"{s3_server.make_bucket('changing')}/zips?{s3_server.query}"
    upload_tree(zips, url)
    images = [image for video in find_videos([url]).videos for image in list_images(video).values()]
    path = images[0].file.archive.parts[0].path
    read_data_file(images[0].file)
    data = (zips / path.key.removeprefix("zips/")).read_bytes()
    upload_bytes(tmp_path, path, data[:1000] + bytes(len(data) - 1000))
    other = next(image.file for image in images[1:] if image.file.archive.parts[0].path == path)
    from preprocess.archives import read_ahead

    read_ahead._windows.by_file.clear()
    with pytest.raises(DataError, match=r"s3://changing/zips/.*\.zip was changed while this run read it"):
        read_data_file(other)
    remove_remote_file(path)
    with pytest.raises(DataError, match="was there and is gone"):
        read_data_file(other)


def test_sources_that_cannot_be(s3_server):
    url = s3_server.make_bucket("empty")
    for source, words in (
        (f"{url}/none?{s3_server.query}", "holds nothing"),
        (f"{url}/rows.csv?{s3_server.query}", "holds nothing"),
    ):
        with pytest.raises(CallError, match=words):
            check_sources([source])
