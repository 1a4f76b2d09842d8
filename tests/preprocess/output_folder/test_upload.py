"""A dataset that is made in a store: the same bytes as in a folder, uploaded once, dataset.json last."""

from pathlib import Path

import pytest

from preprocess.output_folder import upload
from preprocess.run import run
from preprocess.settings import PreprocessSettings
from shards.errors import CallError, DataError
from shards.storage.stores.remote_files import upload_file, write_remote_file
from shards.storage.stores.remote_path import RemotePath, parse_store_url
from tests.store_servers import name_url, read_all
from tools.reporting.opened_dataset import open_dataset


@pytest.fixture
def make(two_workers, source, tmp_path):
    def make_dataset(url: str, **changes):
        settings = {"shard_bytes": 20_000, "work": str(tmp_path / "work")} | changes
        return run(PreprocessSettings(source=[str(source)], out=url, **settings))

    return make_dataset


@pytest.fixture
def uploads(monkeypatch) -> list[str]:
    """The keys of the files that are uploaded."""
    names: list[str] = []

    def note_and_upload(local: Path, path: RemotePath) -> None:
        names.append(path.key)
        upload_file(local, path)

    monkeypatch.setattr(upload, "upload_file", note_and_upload)
    return names


@pytest.mark.parametrize("server", ["s3", "gcs", "sftp"])
def test_it_has_the_bytes_of_one_in_a_folder(server, request, make, made, uploads, tmp_path, capsys):
    url = name_url(request, server, "made")
    make(url)
    assert read_all(url) == made and uploads[-1].endswith("/dataset.json")
    assert not list((tmp_path / "work").rglob("*")), "work is left"
    uploads.clear()
    capsys.readouterr()
    make(url)
    assert uploads == [] and "nothing to do" in capsys.readouterr().out
    with pytest.raises(CallError, match=r"crop\.quality was 90 and is 80 \(its log: .*반려동물\.log\.json\); give"):
        make(url, crop=type(PreprocessSettings([], "x").crop)(quality=80))


def test_an_upload_that_was_killed_goes_on(request, make, made, monkeypatch, uploads):
    url = name_url(request, "s3", "killed")
    counted = upload.upload_file

    def die(local: Path, path: RemotePath) -> None:
        if len(uploads) >= 3:
            raise KeyboardInterrupt
        counted(local, path)

    monkeypatch.setattr(upload, "upload_file", die)
    monkeypatch.setattr(upload, "_THREADS", 1)
    with pytest.raises(KeyboardInterrupt):
        make(url)
    assert len(uploads) == 3 and "dataset.json" not in read_all(url)
    monkeypatch.setattr(upload, "upload_file", counted)
    make(url)
    assert read_all(url) == made and len(uploads) == len(set(uploads)) == len(made)


def test_what_stands_there_is_kept_or_replaced(request, make, made):
    url = name_url(request, "s3", "replaced")
    folder = parse_store_url(url)
    write_remote_file(folder / "holiday.jpg", b"x")
    with pytest.raises(CallError, match=r"holds files that are no dataset's \(holiday\.jpg\)"):
        make(url)
    other = name_url(request, "s3", "others")
    make(other, shard_bytes=10_000)
    assert len(read_all(other)) > len(made)
    make(other, replace=True)
    assert read_all(other) == made
    write_remote_file(parse_store_url(other) / "features.json", b"damaged")
    make(other)
    assert read_all(other) == made


def test_a_dry_run_leaves_its_hashes_here_and_the_run_uses_them(request, make, made, uploads, tmp_path, capsys):
    url = name_url(request, "s3", "dry")
    found = make(url, dry_run=True)
    assert read_all(url) == {} and uploads == []
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("next ")]
    (here,) = (tmp_path / "work").iterdir()
    assert line.endswith(f"tools.dedupe_report {here}")
    opened = open_dataset(here)
    assert opened.is_dry_run and opened.dataset.counts == found.counts and found.counts["kept"]
    hashes = [path for path in (here / ".work" / "hashes").iterdir() if path.suffix == ".parquet"]
    assert hashes
    make(url)
    assert read_all(url) == made
    make(url, dry_run=True)  # beside a dataset, which stays
    assert read_all(url) == made
    assert f"with --replace instead of --dry_run, for {parse_store_url(url)} holds a dataset" in capsys.readouterr().out


def test_two_runs_in_one_place_are_noticed(request, make, monkeypatch, uploads):
    url = name_url(request, "s3", "disturbed")
    counted = upload.upload_file

    def disturb(local: Path, path: RemotePath) -> None:
        counted(local, path)
        if path.name == "features.json":
            write_remote_file(path.parent / Path(uploads[0]).name, local.read_bytes())

    monkeypatch.setattr(upload, "upload_file", disturb)
    with pytest.raises(DataError, match=r"was changed while this run uploaded; see that no other run writes there"):
        make(url)
    assert "dataset.json" not in read_all(url)
