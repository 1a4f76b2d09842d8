"""Training data in stores: the same batches as from a folder, through a cache that stays small and is used again."""

import hashlib
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from preprocess.settings import PreprocessSettings
from shards.dataset import Dataset, ShardFile, describe_file, shard_name, write_dataset
from shards.errors import CallError, DataError
from shards.manifest import MANIFEST_FILE, RowCounter
from shards.storage.stores.remote_files import upload_file
from shards.storage.stores.remote_path import RemotePath, parse_store_url
from shards.tfrecord import pack_record
from trainer.input.dataset_split import find_damaged_shard, open_split, read_squares
from trainer.input.pipeline import make_training_batches, make_validation_batches
from trainer.input.record_batches import diagnose_read_error
from trainer.input.shard_cache import OPEN_SHARDS, ShardCache, open_data
from trainer.run_files.early_check import check_before_start
from trainer.run_files.run_fingerprint import fingerprint_run
from trainer.settings import InputSettings, TrainSettings

SHARDS, RECORDS = 24, 5


@pytest.fixture(params=["s3", "gcs", "sftp"])
def pets_url(request, pets, tmp_path) -> str:
    """The small dataset of the trainer's tests in a store, in a folder with a Korean name."""
    server = request.getfixturevalue(f"{request.param}_server")
    if request.param == "sftp":
        shutil.copytree(pets, tmp_path / "멍")
        return f"{server.name_folder(tmp_path / '멍')}?{server.query}"
    url = f"{server.make_bucket('pets')}/멍?{server.query}"
    upload_folder(pets, parse_store_url(url))
    return url


def upload_folder(folder: Path, remote: RemotePath) -> None:
    for path in folder.rglob("*.*"):
        upload_file(path, remote / str(path.relative_to(folder)))


def settings_for(url: str, cache: Path, **changes) -> TrainSettings:
    return TrainSettings(train=url, cache=str(cache), **changes)


def as_bytes(batches) -> list[bytes]:
    return [b"".join(np.asarray(part).tobytes() for part in tf.nest.flatten(batch)) for batch in batches]


def test_the_batches_are_those_of_a_folder(pets, pets_url, tmp_path, request):
    settings = InputSettings(batch_size=8, resolution=56)
    data = open_data(pets_url, settings_for(pets_url, tmp_path / "cache"))
    for name, make in (
        ("train", lambda split: make_training_batches(split, settings, seed=3, epoch=1)),
        ("val", lambda split: make_validation_batches(split, settings)),
    ):
        here, there = open_split(pets, name), open_split(data, name)
        assert there.name == pets_url and there.fingerprint == here.fingerprint
        assert as_bytes(make(there)) == as_bytes(make(here))
        assert read_squares(there, [3, 0]) == read_squares(here, [3, 0])
    kept = {path.name for path in data.folder.iterdir()}
    assert kept == {path.name for path in pets.glob("pet_mood-*")} | {"dataset.json", MANIFEST_FILE}
    assert find_damaged_shard(open_split(data, "train")) is None


def test_a_run_knows_its_data_by_the_digest(pets, pets_url, tmp_path):
    here, there = TrainSettings(train=str(pets)), settings_for(pets_url, tmp_path / "cache")
    check_before_start(there, "shards")
    assert there.folder == Path("runs/멍")
    one, other = (fingerprint_run(settings, "digest", "digest", {}) for settings in (here, there))
    assert one == other


def test_a_dropped_connection_does_not_change_the_batches(pets, s3_server, tmp_path):
    url = f"{s3_server.make_bucket('dropped')}/pets?{s3_server.query}"
    upload_folder(pets, parse_store_url(url))
    split = open_split(open_data(url, settings_for(url, tmp_path / "cache")), "train")
    settings = InputSettings(batch_size=4, resolution=56, shuffle_records=1)
    batches = iter(make_training_batches(split, settings, seed=0, epoch=0))
    found = as_bytes([next(batches)])
    s3_server.stop()
    back = threading.Timer(1, s3_server.start)
    back.start()
    found += as_bytes(batches)
    back.join()
    assert found == as_bytes(make_training_batches(open_split(pets, "train"), settings, seed=0, epoch=0))


def test_what_is_wrong_with_data(pets, tmp_path):
    with pytest.raises(CallError, match="keeps shards of URLs, and the data lies here"):
        check_before_start(TrainSettings(train=str(pets), cache=str(tmp_path)), "shards")
    with pytest.raises(CallError, match="a CSV is not read from a URL"):
        _ = TrainSettings(train="s3://bucket/train.csv").from_csv


@pytest.fixture
def many(tmp_path, sftp_server) -> tuple[RemotePath, Path, list[ShardFile]]:
    """A dataset of 24 shards of 5 records on a server: its URL, its folder and its shards. It has no real manifest."""
    folder = tmp_path / "many"
    folder.mkdir()
    shards = []
    for number in range(SHARDS):
        records = [pack_record(bytes([number, record]) * 2000) for record in range(RECORDS)]
        path = folder / shard_name("train", number, SHARDS)
        path.write_bytes(b"".join(records))
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        shards.append(ShardFile(path.name, RECORDS, path.stat().st_size, digest))
    (folder / MANIFEST_FILE).write_bytes(b"rows")
    files = {MANIFEST_FILE: describe_file(folder / MANIFEST_FILE)}
    settings = PreprocessSettings(["source"], "out").content
    write_dataset(folder, Dataset(settings, RowCounter().counts(), {"train": shards}, files))
    return parse_store_url(f"{sftp_server.name_folder(folder)}?{sftp_server.query}"), folder, shards


def measure(cache: ShardCache) -> int:
    with cache._changed:  # else one that goes and one that takes its place are both counted
        return sum(map(measure_file, cache.folder.glob("*/*.tfrecord-*")))


def measure_file(path: Path) -> int:
    """The size of a file; 0 of one that is renamed, as it is whole now."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def test_the_cache_stays_within_its_bound_and_gives_every_shard(many, tmp_path):
    remote, folder, shards = many
    size = 13 * shards[0].bytes
    cache = ShardCache(tmp_path / "cache", size)
    kept = cache.add_dataset(remote)
    for epoch in range(3):
        order = [kept / shards[i].file for i in np.random.default_rng(epoch).permutation(SHARDS)]
        opened = []
        for place, path in enumerate(order):
            cache.fetch(path, order[place + 1 :])
            opened.append(open(path, "rb"))  # noqa: SIM115 (read after others were fetched, as TensorFlow does)
            if len(opened) > OPEN_SHARDS:
                with opened.pop(0) as file:
                    assert file.read() == (folder / order[place - OPEN_SHARDS].name).read_bytes()
            assert measure(cache) <= size
        for file in opened:
            file.close()


def test_what_a_killed_run_left_is_used_again_where_it_is_whole(many, tmp_path):
    remote, folder, shards = many
    kept = tmp_path / "cache" / ShardCache(tmp_path / "first", 10**9).add_dataset(remote).name
    kept.mkdir(parents=True)
    whole, cut, flipped, _ = (kept / shard.file for shard in shards[:4])
    data = [(folder / shard.file).read_bytes() for shard in shards]
    whole.write_bytes(data[0])
    cut.write_bytes(data[1][:-1])
    flipped.write_bytes(b"\x01" + data[2][1:])
    partial = kept / f".{shards[3].file}.1-00000000.partial"
    partial.write_bytes(data[3])
    (folder / shards[0].file).unlink()  # it is not asked for
    cache = ShardCache(tmp_path / "cache", 10**9)
    cache.add_dataset(remote)
    assert not partial.exists()
    for shard, stated in zip(shards[:4], data, strict=False):
        cache.fetch(kept / shard.file)
        assert (kept / shard.file).read_bytes() == stated


def test_what_is_wrong_in_a_store_is_said_where_it_is_needed(many, tmp_path):
    remote, folder, shards = many
    (folder / shards[1].file).unlink()
    (folder / shards[2].file).write_bytes(b"x" * shards[2].bytes)
    cache = ShardCache(tmp_path / "cache", 10**9)
    kept = cache.add_dataset(remote)
    paths = [kept / shard.file for shard in shards]
    cache.fetch(paths[0], paths[1:3])
    for path, words in ((paths[1], "is missing"), (paths[2], "differs from what was written")):
        with pytest.raises(DataError, match=rf"{path.name} {words}; run python -m tools.verify") as found:
            cache.fetch(path)
        assert not path.exists() and cache.failure is found.value
        split = type("Split", (), {"cache": cache})
        assert diagnose_read_error(split, ValueError("as TensorFlow says it")) is found.value


def test_a_cache_that_cannot_be(many, tmp_path):
    remote, _, shards = many
    cache = ShardCache(tmp_path / "cache", 9 * shards[0].bytes)
    with pytest.raises(CallError, match=r"cache_gb 0\.0001.* is too small for .*, of which 10 shards have to fit"):
        cache.add_dataset(remote)
    with pytest.raises(CallError, match=r"another run is writing .*; wait for its end or give another --cache"):
        ShardCache(tmp_path / "cache", 10**9)
