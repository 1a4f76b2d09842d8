"""Runs whose unfinished work lies in a store: the bytes of a run on a disk wherever OUT is, and nothing stays."""

from pathlib import Path
from typing import BinaryIO

import pytest

import preprocess.run
from preprocess.output_folder import fetched_shards, upload
from preprocess.output_folder.work_folders import hash_folder, spill_folder, work_folder
from preprocess.run import run
from preprocess.settings import PreprocessSettings
from preprocess.writing import shard_plan
from shards.errors import CallError
from shards.storage.places import read_ranges
from shards.storage.stores.remote_files import list_remote_folder, read_remote_file, write_remote_file
from shards.storage.stores.remote_path import RemotePath, parse_store_url
from tests.store_servers import name_url, read_all


@pytest.fixture
def make(two_workers, source, tmp_path, monkeypatch):
    """A run with OUT and --work; what it needs on this machine besides lies below tmp_path."""
    monkeypatch.chdir(tmp_path)

    def make_dataset(out: str | Path, work: str, **changes) -> PreprocessSettings:
        settings = PreprocessSettings(source=[str(source)], out=str(out), work=work, shard_bytes=20_000, **changes)
        run(settings)
        return settings

    return make_dataset


def name_in(url: str, name: str) -> str:
    """A URL whose last part is another."""
    path = parse_store_url(url)
    return f"{path.parent / name}?{path.query}"


def read_folder(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def is_shard(key: str) -> bool:
    return ".tfrecord-" in key


@pytest.mark.parametrize(
    ("work", "out"),
    [("s3", "the same store"), ("sftp", "the same store"), ("s3", "a folder"), ("sftp", "another store")],
)
def test_the_bytes_are_those_of_a_run_on_a_disk(work, out, request, make, made, tmp_path, monkeypatch):
    uploaded: list[str] = []
    send = upload.upload_file
    monkeypatch.setattr(upload, "upload_file", lambda path, to: (uploaded.append(to.key), send(path, to))[1])
    url = name_url(request, work, f"work-{out[:5].strip().replace(' ', '-')}")
    work_url = name_in(url, "중간")
    if out == "a folder":
        make(tmp_path / "out", work_url)
        assert read_folder(tmp_path / "out") == made
    else:
        place = name_url(request, "s3", "out-of-sftp") if out == "another store" else url
        make(place, work_url)
        assert read_all(place) == made
        assert any(map(is_shard, uploaded)) == (out == "another store"), "shards of the same store came to this machine"
    assert read_all(work_url) == {}, "work is left"
    assert not [path for path in (tmp_path / "data").rglob("*") if path.is_file()]


def test_finished_work_is_found_after_a_kill(request, make, made, tmp_path, monkeypatch, s3_server):
    """Killed in the middle of fetching; what was done until then is neither done nor fetched again."""
    work_url = name_url(request, "s3", "killed-work")
    copy, fetched = fetched_shards.copy_place, []

    def die(path: RemotePath, file: BinaryIO):
        if len(fetched) == 2:
            raise KeyboardInterrupt
        return note_and_copy(path, file)

    def note_and_copy(path: RemotePath, file: BinaryIO):
        fetched.append(path.name)
        return copy(path, file)

    monkeypatch.setattr(fetched_shards, "_THREADS", 1)
    monkeypatch.setattr(fetched_shards, "copy_place", die)
    with pytest.raises(KeyboardInterrupt):
        make(tmp_path / "out", work_url)
    assert not (tmp_path / "out" / "dataset.json").exists() and list((tmp_path / "out").rglob("pet_mood-*"))
    monkeypatch.setattr(fetched_shards, "copy_place", note_and_copy)
    s3_server.asked.clear()
    make(tmp_path / "out", work_url)
    assert read_folder(tmp_path / "out") == made
    assert sorted(fetched) == sorted(name for name in made if is_shard(name))
    writes = [path for method, path in s3_server.asked if method in ("PUT", "POST") and "/killed-work/" in path]
    assert all(path.endswith(("/", "중간")) for path in writes), f"done again: {writes}"


@pytest.mark.parametrize("server", ["s3", "sftp"])
def test_a_handing_over_that_was_killed_goes_on(server, request, make, made, monkeypatch):
    """What was made until then is not made again, also where the server has renamed a part of it into OUT."""
    url = name_url(request, server, "killed-handing")
    work_url, hand_over, brought = name_in(url, "중간"), upload.hand_over, []

    def die(path: RemotePath, to: RemotePath) -> None:
        if len(brought) == 2:
            raise KeyboardInterrupt
        hand_over(path, to)
        brought.append(to.name)

    monkeypatch.setattr(upload, "_THREADS", 1)
    monkeypatch.setattr(upload, "hand_over", die)
    with pytest.raises(KeyboardInterrupt):
        make(url, work_url)
    assert "dataset.json" not in read_all(url)
    before = list_times(url, work_url)
    monkeypatch.setattr(upload, "hand_over", lambda path, to: (brought.append(to.name), hand_over(path, to))[1])
    run_shards, after = preprocess.run.run_shard_tasks, {}

    def note(*call):
        shards = run_shards(*call)
        after.update(list_times(url, work_url))
        return shards

    monkeypatch.setattr(preprocess.run, "run_shard_tasks", note)
    make(url, work_url)
    assert before == after and len(brought) == len(set(brought)) == sum(map(is_shard, made))
    assert read_all(url) == made and read_all(work_url) == {}


def list_times(*urls: str) -> dict[str, int]:
    """When the shards and the spills below some URLs were written."""
    folders = [parse_store_url(url) for url in urls]
    entries = [(folder, entry) for folder in folders for entry in list_remote_folder(folder, recursive=True)]
    work = (".records", ".parquet")
    return {
        str(folder / entry.name): entry.modified
        for folder, entry in entries
        if is_shard(entry.name) or (entry.name.endswith(work) and "/" in entry.name)
    }


def test_the_requests_are_those_that_the_page_states(request, make, made, s3_server):
    """docs/storage.md has the counts: 9 for a task, 8 for a shard, 2 for each spill that a shard needs."""
    url = name_url(request, "s3", "counted")
    s3_server.asked.clear()
    make(url, name_in(url, "중간"))
    shards, tasks = sum(map(is_shard, made)), 2
    asked = [(method, path) for method, path in s3_server.asked if is_shard(path) or "/spill/" in path]
    notes = [(method, path) for method, path in s3_server.asked if "/finished/" in path and path.endswith(".json")]
    hashes = [path for method, path in s3_server.asked if "/hashes/" in path and path.endswith(".json")]
    assert len(asked) + len(notes) + len(hashes) <= 9 * tasks + 8 * shards + 2 * shards * tasks
    copies = [path for method, path in s3_server.asked if method == "PUT" and is_shard(path)]
    assert len(copies) == 2 * shards, "a shard is written once, and copied once"
    assert not [path for method, path in s3_server.asked if method == "GET" and is_shard(path)]


def test_a_dry_run_leaves_its_hashes_for_the_real_run(request, make, made, tmp_path):
    work_url = name_url(request, "s3", "dry-work")
    settings = make(tmp_path / "out", work_url, dry_run=True)
    assert {Path(entry.name).suffix for entry in list_remote_folder(hash_folder(settings))} == {".json", ".parquet"}
    assert not list_remote_folder(spill_folder(settings))
    make(tmp_path / "out", work_url)
    assert read_folder(tmp_path / "out") == made and read_all(work_url) == {}


def test_damage_is_found_and_what_is_not_ours_stays(request, make, made, tmp_path, monkeypatch, capsys):
    work_url, plan = name_url(request, "s3", "damaged-work"), shard_plan.make_plan

    def damage_and_plan(tasks, folder, settings):
        records = folder / f"{tasks[0].name}.records"
        if not list_remote_folder(work_folder(settings) / "mine"):
            data = read_remote_file(records)
            write_remote_file(records, data[:100] + bytes([data[100] ^ 1]) + data[101:])
            write_remote_file(work_folder(settings) / "mine" / "notes.txt", b"keep me")
        return plan(tasks, folder, settings)

    monkeypatch.setattr(shard_plan, "make_plan", damage_and_plan)
    settings = make(tmp_path / "out", work_url)
    assert "differs from what was written; it is made again" in capsys.readouterr().err
    assert read_folder(tmp_path / "out") == made
    assert read_all(work_url) == {f"{work_folder(settings).name}/mine/notes.txt": b"keep me"}


def test_ranges_that_lie_together_come_by_one_request(s3_server):
    file = parse_store_url(f"{s3_server.make_bucket('ranges')}/file?{s3_server.query}")
    data = bytes(range(251)) * 100_000
    write_remote_file(file, data)
    ranges = [(offset, 100_000) for offset in range(500, 4_000_000, 150_000)]
    s3_server.requests.clear()
    assert list(read_ranges(file, ranges)) == [data[offset : offset + length] for offset, length in ranges]
    assert s3_server.requests == {"HEAD": 1, "GET": 1}
    s3_server.requests.clear()
    far = [(0, 5), (9_000_000, 9_000_000), (len(data) - 3, 7)]
    assert [len(found) for found in read_ranges(file, far)] == [5, 9_000_000, 3]
    assert s3_server.requests == {"HEAD": 1, "GET": 3}


def test_work_lies_apart_from_out_and_sources(request, source, tmp_path):
    url = name_url(request, "s3", "apart")
    for out, sources, work, words in (
        (url, [str(source)], name_in(url, "반려동물/work"), "lies in --out s3://apart/반려동물; give a folder outside"),
        (str(tmp_path / "out"), [name_in(url, "aihub")], name_in(url, "aihub"), "lie in one another"),
        (str(tmp_path / "out"), [name_in(url, "work/aihub")], name_in(url, "work"), "lie in one another"),
    ):
        with pytest.raises(CallError, match=words):
            preprocess.run.check_output_folder(PreprocessSettings(source=sources, out=out, work=work))
