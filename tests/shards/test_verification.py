"""Verify finds any one flipped bit in any file, and what is wrong though every byte is as written."""

import json
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from preprocess.run import run
from preprocess.settings import PreprocessSettings
from shards import dataset as index
from shards.checking.manifest_rows import read_rows
from shards.errors import DataError
from shards.manifest import read_manifest
from shards.record_fields import RECORD_KINDS, WHOLE_FRAMES
from shards.tfrecord import DamagedRecord, iterate_records, pack_record, read_record_at
from shards.verification import verify_dataset
from tests.trees import write_video


@pytest.fixture(scope="module")
def whole(two_workers, tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    write_video(folder / "pets", "dog-sit-000001", images=6, part="Training")
    write_video(folder / "pets", "dog-sit-000002", images=4, part="Validation")
    run(PreprocessSettings(source=[str(folder / "pets")], out=str(folder / "out"), shard_bytes=20_000))
    return folder / "out"


@pytest.fixture
def copy(whole, tmp_path):
    return Path(shutil.copytree(whole, tmp_path / "copy"))


def faults(folder: Path) -> list[str]:
    try:
        return list(verify_dataset(folder))
    except DataError as error:
        return [str(error)]


def test_whole(copy):
    assert faults(copy) == []


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_any_flipped_bit_is_found_and_named(copy):
    chance = random.Random(0)
    for name in names(copy):
        data = (copy / name).read_bytes()
        for position in {0, len(data) - 1, *(chance.randrange(len(data)) for _ in range(25))}:
            damaged = bytearray(data)
            damaged[position] ^= 1 << chance.randrange(8)
            (copy / name).write_bytes(damaged)
            (fault,) = faults(copy)
            assert name in fault, fault
            if found := re.search(r"offset (\d+)(?: to (\d+))?", fault):
                assert int(found[1]) <= position <= int(found[2] or len(data)), fault
            else:
                assert name == index.DATASET_FILE  # damaged JSON: the parser says where it stopped
        (copy / name).write_bytes(data)
    assert faults(copy) == []


def test_a_flipped_bit_in_a_record_is_placed(copy):
    rows = pq.read_table(copy / "manifest.parquet").to_pylist()
    for kind, number in ((kind, number) for kind in RECORD_KINDS for number in range(2)):
        name, _, offset, length = kind.place
        row = [row for row in rows if row[name] and "-train" in row[name]][number]
        shard = copy / row[name]
        data = bytearray(shard.read_bytes())
        data[row[offset] + row[length] // 2] ^= 1
        (copy / "damaged").write_bytes(data)
        shard_copy = shard.read_bytes()
        shard.write_bytes(data)
        (fault,) = faults(copy)
        assert f"{shard.name}: offset {row[offset]}:" in fault
        shard.write_bytes(shard_copy)


def test_every_missing_cut_and_stray_file_is_found(copy):
    for name in names(copy):
        data = (copy / name).read_bytes()
        (copy / name).unlink()
        assert any(name in fault or "the file is gone" in fault for fault in faults(copy))
        (copy / name).write_bytes(data[:-1])
        assert any(name in fault for fault in faults(copy))
        (copy / name).write_bytes(data)
    for name in ("pet_frames-val.tfrecord-00009-of-00010", "pet_mood-train.tfrecord-00009-of-00010"):
        (copy / name).touch()
        assert f"{name}: a shard that dataset.json does not know" in faults(copy)[0]
        (copy / name).unlink()


def rewrite(folder: Path, change, counted: bool = False) -> None:
    """Change the manifest's rows and make dataset.json fit its bytes again: what no checksum can find."""
    path = folder / "manifest.parquet"
    table = pq.read_table(path)
    rows = table.to_pylist()
    change(rows)
    pq.write_table(pa.Table.from_pylist(rows, table.schema), path)
    dataset = index.read_dataset(folder)
    dataset.files["manifest.parquet"] = index.describe_file(path)
    dataset.counts = read_rows(folder).counts if counted else dataset.counts
    index.write_dataset(folder, dataset)


def kept(rows):
    return [row for row in rows if row["status"] == "kept"]


def framed(rows):
    return [row for row in rows if row["frame_shard"]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: kept(rows)[0].update(label=0), "label is 3, the manifest states 0"),
        (lambda rows: kept(rows)[0].update(mood_korean="공포"), "mood_korean is not the name of the mood in label"),
        (lambda rows: kept(rows)[0].update(mood_english=None), "mood_english is not the name of the mood in label"),
        (lambda rows: kept(rows)[0].update(offset=7), "offset is .* the manifest states 7"),
        (lambda rows: kept(rows)[0].update(key=kept(rows)[1]["key"]), "belongs to several frames"),
        (lambda rows: kept(rows)[0].update(split="val"), "in both splits"),
        (lambda rows: kept(rows)[0].update(video_index=99), "do not number"),
        (lambda rows: kept(rows)[0].update(status="rejected", reason="box_empty"), "count up to"),
        (lambda rows: kept(rows)[0].update(status="duplicate", duplicate_of="nobody/1"), "is no frame of this dataset"),
        (lambda rows: framed(rows)[0].update(frame_length=7), "frame_length is .* the manifest states 7"),
        (
            lambda rows: framed(rows)[0].update(frame_shard=None),
            "4 records, 3 rows|2 records, 1 rows|1 records, 0 rows",
        ),
        (lambda rows: framed(rows)[0].update(box_x=0), "bbox is BoxEdges.* the manifest states BoxEdges"),
        (lambda rows: framed(rows)[0].update(width=200), "width is 320, the manifest states 200"),
        (lambda rows: framed(rows)[0].update(animal_count=None), "animal_count is 1, the manifest states 0"),
    ],
)
def test_a_manifest_that_does_not_fit(copy, change, message):
    rewrite(copy, change)
    found = faults(copy)
    assert any(re.search(message, fault) for fault in found), found


def test_more_whole_frames_than_the_settings_say(copy):
    dataset = index.read_dataset(copy)
    dataset.settings["frames"]["per_video"] = 3
    index.write_dataset(copy, dataset)
    assert sum("has 4 whole frames, more than the 3 of frames.per_video" in fault for fault in faults(copy)) == 2


def test_a_dataset_from_before_there_were_whole_frames(copy):
    """It stays whole, and says that a finder cannot be trained from it."""
    dataset = index.read_dataset(copy)
    index.check_has_frames(copy, dataset)
    table = pq.read_table(copy / "manifest.parquet")
    older = [name for name in table.column_names if name not in ("animal_count", *WHOLE_FRAMES.place)]
    pq.write_table(table.select(older), copy / "manifest.parquet")
    for path in copy.glob("pet_frames-*"):
        path.unlink()
    dataset.frames.clear()
    del dataset.settings["frames"], dataset.counts["whole_frames"]
    dataset.files = {name: file for name, file in dataset.files.items() if "/" not in name}
    dataset.files["manifest.parquet"] = index.describe_file(copy / "manifest.parquet")
    index.write_dataset(copy, dataset)
    assert faults(copy) == []
    with pytest.raises(DataError, match=r"has no whole frames \(it was made before there were any\); make it again"):
        index.check_has_frames(copy, index.read_dataset(copy))


def test_records_that_were_exchanged_are_found(copy):
    """Every record whole, every file whole, but not what the manifest states."""
    one, other = sorted(copy.glob("pet_mood-train*"))[:2]
    dataset = index.read_dataset(copy)
    data = one.read_bytes(), other.read_bytes()
    one.write_bytes(data[1])
    other.write_bytes(data[0])
    for shard in dataset.shards["train"]:
        described = index.describe_file(copy / shard.file)
        shard.bytes, shard.sha256 = described.bytes, described.sha256
    index.write_dataset(copy, dataset)
    assert any("the manifest states" in fault for fault in faults(copy))


def replace_shard(folder: Path, kind, change) -> None:
    """Change the bytes of a shard and make dataset.json fit them again; `change` takes its records and its bytes."""
    path = next(folder.glob(f"{kind.name}-train*"))
    data = path.read_bytes()
    with open(path, "rb") as file:
        path.write_bytes(change([frame.record for frame in iterate_records(file)], data))
    dataset = index.read_dataset(folder)
    for shard in dataset.all_shards:
        if shard.file == path.name:
            described = index.describe_file(path)
            shard.bytes, shard.sha256 = described.bytes, described.sha256
    index.write_dataset(folder, dataset)


@pytest.mark.parametrize("kind", RECORD_KINDS, ids=lambda kind: kind.name)
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda records, data: data + pack_record(records[-1]),
            r"offset \d+: a record that the manifest",
        ),
        (lambda records, data: b"".join(map(pack_record, records[:-1])), r"ends before the record of dog-sit-\d+/\d+"),
        (lambda records, data: data[:-1] + bytes([data[-1] ^ 1]), r"offset \d+: the record does not fit its checksum"),
        (lambda records, data: data + b"more", r"offset \d+: the record's length does not fit its checksum"),
    ],
)
def test_a_shard_that_was_written_wrongly(copy, kind, change, message):
    """Its digest in dataset.json fits: only the rows and the records' own checksums tell."""
    replace_shard(copy, kind, change)
    (fault,) = faults(copy)
    assert re.search(message, fault), fault


@pytest.mark.parametrize(("column", "name"), [("shard", None), ("shard", "nowhere"), ("frame_shard", "nowhere")])
def test_a_row_whose_record_is_nowhere(copy, column, name):

    def add(rows):
        place = {"frame_shard": None, "frame_index": None, "frame_offset": None, "frame_length": None}
        rows.append(framed(rows)[0] | {"key": "z/1", "video": "z", "video_index": 0, "video_count": 1} | place)
        rows[-1][column] = name

    rewrite(copy, add, counted=True)
    assert any("1 rows are in pet_" in fault for fault in faults(copy))


def test_shards_beside_a_manifest_without_rows(copy):
    rewrite(copy, lambda rows: rows.clear(), counted=True)
    shards = index.read_dataset(copy).all_shards
    assert sum(" records, 0 rows of the manifest" in fault for fault in faults(copy)) == len(shards)


def call(folder) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "tools.verify", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_command(copy):
    done = call(copy)
    assert done.returncode == 0 and "is whole: " in done.stdout
    (copy / "features.json").write_text("{}")
    done = call(copy)
    assert done.returncode == 1 and "features.json" in done.stdout and "not whole" in done.stderr
    assert json.loads((copy / "dataset.json").read_text())["version"] == 1


def test_command_on_what_is_no_dataset(tmp_path):
    for folder, message in ((tmp_path / "없음", "is not a folder"), (tmp_path, "is no dataset")):
        done = call(folder)
        assert done.returncode == 2 and message in done.stderr and len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("claim", "message"),
    [(b"\xff\xff\xff\xff", "is 65535x65535 instead of 256x256"), (b"\0\0\1\0", "cannot be decoded: states a size")],
)
def test_a_picture_that_claims_another_size_is_found(copy, claim, message):
    """With every checksum in order, as whoever means harm would write it."""
    path = next(copy.glob("pet_mood-train*-00000-*"))
    with open(path, "rb") as file:
        records = [frame.record for frame in iterate_records(file)]
    place = records[0].index(b"\xff\xc0") + 5
    records[0] = records[0][:place] + claim + records[0][place + 4 :]
    path.write_bytes(b"".join(map(pack_record, records)))
    dataset = index.read_dataset(copy)
    dataset.shards["train"][0].sha256 = index.describe_file(path).sha256
    index.write_dataset(copy, dataset)
    (fault,) = faults(copy)
    assert f"{path.name}: offset 0: its image {message}" in fault


def test_a_record_before_the_file(copy):
    with (
        open(next(copy.glob("pet_mood-train*")), "rb") as file,
        pytest.raises(DamagedRecord, match=r"^offset -1: lies before"),
    ):
        read_record_at(file, -1)


def test_text_in_a_manifest_that_is_no_text(copy):
    path = copy / "manifest.parquet"
    rows = pq.read_table(path)
    place = rows.column_names.index("label_file")
    broken = pa.StringArray.from_buffers(1, pa.py_buffer(b"\0\0\0\0\2\0\0\0"), pa.py_buffer(b"\xff\xfe"))
    pq.write_table(rows.slice(0, 1).set_column(place, rows.schema.field(place), broken), path)
    with pytest.raises(DataError, match=r"manifest.parquet is damaged .* run python -m tools.verify"):
        list(read_manifest(copy))
