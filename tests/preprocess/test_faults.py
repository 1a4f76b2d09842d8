"""What passes is never a fact, what is handed on is looked at, and what is not ours stays."""

import errno
import json
import os
import random
import socket
from pathlib import Path

import numpy as np
import pytest

from preprocess.output_folder.folder_check import check_output_folder
from preprocess.output_folder.run_log import log_file
from preprocess.output_folder.work_folders import spill_folder
from preprocess.run import run
from preprocess.settings import PreprocessSettings
from preprocess.sources.source_kinds import find_videos
from preprocess.writing.finished_work import DamagedWork, read_summary
from preprocess.writing.spill import read_records, read_task_rows
from preprocess.writing.video_task import run_video_task
from shards.dataset import read_dataset
from shards.errors import CallError, DataError
from shards.storage.atomic_write import name_partial
from shards.verification import verify_dataset
from tests.preprocess.faults import run_with_faults
from tests.trees import annotate, digests, make_jpeg, write_video

FRAME, LABEL = "frame_5_timestamp_200", "dog-walkrun-000001.json"


@pytest.fixture
def pets(tmp_path):
    for number in (1, 2):
        write_video(tmp_path / "pets", f"dog-walkrun-{number:06}")
    return tmp_path / "pets"


def run_task(pets, **settings):
    settings = PreprocessSettings(source=[str(pets)], out=str(pets.parent / "out"), **settings)
    folder = pets.parent / "work"
    folder.mkdir(exist_ok=True)
    summary = run_video_task(find_videos(settings.source).videos, settings, folder)
    return summary, read_task_rows(folder, summary.name, summary.rows_digest).to_pylist()


@pytest.mark.parametrize(("name", "number"), [(FRAME, errno.EIO), (LABEL, errno.EMFILE)])
def test_a_fault_that_passes_is_never_written_down(pets, tmp_path, two_workers, name, number):
    call = ["preprocess", "--source", str(pets), "--workers", "1", "--out"]
    passed = run_with_faults(tmp_path / "few", name, number, 2, *call, str(tmp_path / "few_out"))
    assert passed.returncode == 1 and "validation is empty" in passed.stderr, passed.stderr  # whole, of two videos
    stopped = run_with_faults(tmp_path / "many", name, number, 4, *call, str(tmp_path / "out"))
    (line,) = stopped.stderr.splitlines()[-1:]
    assert stopped.returncode == 1 and line.startswith("preprocess: ") and name in line
    assert os.strerror(number) in line and "run the same command again" in line
    run(PreprocessSettings(source=[str(pets)], out=str(tmp_path / "out")))
    assert digests(tmp_path / "out") == digests(tmp_path / "few_out")
    assert read_dataset(tmp_path / "out").counts["rejected"] == 0


@pytest.mark.parametrize("kind", ["pipe", "socket", "folder", "device"])
def test_what_is_no_regular_file_is_a_rejection_and_never_a_hang(pets, kind):
    (path,) = (pets / "원천데이터" / "dog-walkrun-000001").glob(f"{FRAME}*")
    label = pets / "라벨링데이터" / "dog-walkrun-000002.json"
    for place in (path, label):
        place.unlink()
        if kind == "pipe":
            os.mkfifo(place)
        elif kind == "folder":
            place.mkdir()
        elif kind == "device":
            place.symlink_to("/dev/zero")
        else:
            os.chdir(place.parent)  # a socket's path may have few bytes
            with socket.socket(socket.AF_UNIX) as bound:
                bound.bind(place.name)
    _, rows = run_task(pets)
    rejected = {row["reason"]: row["note"] for row in rows if row["reason"]}
    expected = {"image_unreadable": "not a regular file"}
    if kind != "folder":  # a folder of that name is looked into for labels
        expected["label_unreadable"] = "not a regular file"
    assert rejected == expected


@pytest.fixture
def somebody(pets):
    """A user who is not root, who reads everything; the folders are open to him."""
    if os.geteuid() != 0:
        yield
        return
    opened = {place: place.stat().st_mode for place in (pets, *pets.parents) if len(place.parts) > 2}
    for place in (*opened, *pets.rglob("*")):
        place.chmod(0o777)
    os.seteuid(65534)
    yield
    os.seteuid(0)
    for place, mode in opened.items():
        place.chmod(mode)


def test_a_chmod_is_noticed(pets, somebody):
    (path,) = (pets / "원천데이터" / "dog-walkrun-000001").glob(f"{FRAME}*")
    own(path)
    path.chmod(0)
    _, rows = run_task(pets)
    assert [(row["reason"], row["note"]) for row in rows if row["reason"]] == [
        ("image_unreadable", "Permission denied")
    ]
    path.chmod(0o644)
    _, rows = run_task(pets)
    assert not any(row["reason"] for row in rows)


def own(path: Path) -> None:
    """Make a file of somebody else's one's own."""
    data = path.read_bytes()
    path.unlink()
    path.write_bytes(data)


def test_what_goes_or_changes_while_it_is_read_stops_the_run(pets, monkeypatch):
    from preprocess.cutting import frame

    (path,) = (pets / "원천데이터" / "dog-walkrun-000001").glob(f"{FRAME}*")
    data, real = path.read_bytes(), frame.read_data_file
    monkeypatch.setattr("preprocess.writing.video_frames._HELD_CROPS", 0)  # each frame is read twice

    def change(place):
        found = real(place)
        if place == os.fsencode(path):
            path.write_bytes(make_jpeg(77))
        return found

    monkeypatch.setattr(frame, "read_data_file", change)
    with pytest.raises(DataError, match=f"{FRAME}.*was changed while"):
        run_task(pets)
    path.write_bytes(data)
    monkeypatch.setattr(frame, "read_data_file", lambda place: path.unlink(missing_ok=True) or real(place))
    with pytest.raises(DataError, match=f"{FRAME}.*is gone"):
        run_task(pets)


def test_a_folder_that_goes_after_the_listing_stops_the_run(pets):
    videos = find_videos([str(pets)]).videos
    os.rename(pets, pets.with_name("elsewhere"))
    with pytest.raises(DataError, match="was there and is gone"):
        run_video_task(videos, PreprocessSettings(source=[str(pets)], out="out"), pets.parent)


def test_odd_labels_lose_exactly_their_own_annotations(tmp_path):
    odd = [annotate(5 * i) for i in range(9)]
    odd[1]["frame_number"] = 5.0
    odd[2]["bounding_box"] = odd[2]["bounding_box"] | {"x": "60"}
    odd[3]["bounding_box"] = odd[3]["bounding_box"] | {"width": 150.0}
    odd[4]["timestamp"] = None
    odd[5]["bounding_box"] = [60, 40, 150, 100]
    odd[6]["keypoints"] = {"1": float("nan")}
    odd[7]["bounding_box"] = odd[7]["bounding_box"] | {"y": float("inf")}
    write_video(tmp_path / "pets", images=9, annotations=odd)
    _, rows = run_task(tmp_path / "pets")
    assert [row["reason"] for row in rows] == [
        *(None, None, None, None),
        *("annotation_invalid", "annotation_invalid", None, "annotation_invalid", None),
    ]
    assert [row["note"] for row in rows if row["reason"]] == [
        "$.annotations[4].timestamp: null",
        "$.annotations[5].bounding_box: [60, 40, 150, 100]",
        "$.annotations[7].bounding_box.y: Infinity",
    ]


def stop_before(stage: str, settings: PreprocessSettings, monkeypatch) -> None:
    """Run up to a stage, a function by its module and name, as if stopped there."""

    def stop(*call):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(stage, stop)
        with pytest.raises(KeyboardInterrupt):
            run(settings)


def flip(path: Path, place: int, bit: int = 0) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 1 << bit
    path.write_bytes(data)


def test_whatever_is_damaged_in_a_spill_is_found(pets, tmp_path):
    summary, rows = run_task(pets)
    folder, chance = tmp_path / "work", random.Random(0)

    def locate(prefix):
        places = [[row[f"{prefix}_{name}"] for name in ("offset", "length", "check")] for row in rows]
        return np.array(sorted(place for place in places if None not in place)).T

    crops, whole_frames = locate("spill"), locate("frame_spill")
    assert crops.size and whole_frames.size

    def look():
        found = read_summary(folder, summary.name)
        read_task_rows(folder, found.name, found.rows_digest, ["key"])
        read_records(folder, found.name, *crops)
        read_records(folder, found.name, *whole_frames)

    look()
    for path in sorted(folder.glob(f"{summary.name}.*")):
        data = path.read_bytes()
        wrongs = [data[: chance.randrange(len(data))] for _ in range(60)]
        for _ in range(400):
            wrong = bytearray(data)
            wrong[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
            wrongs.append(bytes(wrong))
        for wrong in wrongs:
            path.write_bytes(wrong)
            with pytest.raises(DamagedWork) as damage:
                look()
            assert damage.value.task == summary.name and str(path) in str(damage.value)
        path.write_bytes(data)


@pytest.mark.parametrize("kind", ["records", "parquet", "json"])
def test_damage_costs_the_tasks_work_again_and_is_said(pets, tmp_path, two_workers, monkeypatch, capsys, kind):
    expected = run(PreprocessSettings(source=[str(pets)], out=str(tmp_path / "expected")))
    settings = PreprocessSettings(source=[str(pets)], out=str(tmp_path / "out"))
    stop_before("preprocess.writing.shard_plan.make_plan", settings, monkeypatch)
    path = sorted(spill_folder(settings).glob(f"*.{kind}"))[0]
    flip(path, len(path.read_bytes()) // 2)
    capsys.readouterr()
    assert run(settings) == expected
    assert f"damaged  {path}" in capsys.readouterr().err
    assert digests(tmp_path / "out") == digests(tmp_path / "expected")


@pytest.mark.parametrize("pattern", ["pet_mood-*", "pet_frames-*", "*.json"])
def test_a_damaged_finished_shard_is_made_again(pets, tmp_path, two_workers, monkeypatch, capsys, pattern):
    expected = run(PreprocessSettings(source=[str(pets)], out=str(tmp_path / "expected")))
    settings = PreprocessSettings(source=[str(pets)], out=str(tmp_path / "out"))
    stop_before("preprocess.run.assemble_dataset", settings, monkeypatch)
    stage = tmp_path / "out" / ".work" / settings.fingerprint() / "finished"
    path = min(stage.glob(pattern))  # or the note of one of the two
    state = path.stat()
    flip(path, len(path.read_bytes()) // 2)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))  # as a disk does it, unseen
    assert run(settings) == expected and list(verify_dataset(tmp_path / "out")) == []
    assert f"damaged  {path}" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["json", "parquet"])
def test_damaged_hashes_of_a_dry_run_are_made_again(pets, tmp_path, two_workers, capsys, kind):
    expected = run(PreprocessSettings(source=[str(pets)], out=str(tmp_path / "expected")))
    run(PreprocessSettings(source=[str(pets)], out=str(tmp_path / "out"), dry_run=True))
    for path in (tmp_path / "out" / ".work" / "hashes").glob(f"*.{kind}"):
        flip(path, len(path.read_bytes()) // 2)
    assert run(PreprocessSettings(source=[str(pets)], out=str(tmp_path / "out"))) == expected
    assert f"damaged  {path}" in capsys.readouterr().err


def test_hashes_of_other_bytes_are_made_again(pets, tmp_path, two_workers, capsys):
    """The disk gave a wrong byte to the dry run, or a frame was changed with its size and time kept."""
    run(PreprocessSettings(source=[str(pets)], out=str(tmp_path / "out"), dry_run=True))
    path = next(pets.rglob(f"{FRAME}*"))
    state = path.stat()
    path.write_bytes(path.read_bytes()[:-40] + b"\0" * 38 + b"\xff\xd9")
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    made = run(PreprocessSettings(source=[str(pets)], out=str(tmp_path / "out")))
    assert "was changed while this run read it" in capsys.readouterr().err
    assert made == run(PreprocessSettings(source=[str(pets)], out=str(tmp_path / "expected")))


def test_a_fault_after_opening_is_tried_again_and_named(pets, tmp_path, monkeypatch):
    summary, rows = run_task(pets)
    kept = next(row for row in rows if row["spill_offset"] == 0)
    places = [np.array([kept[f"spill_{name}"]]) for name in ("offset", "length", "check")]
    monkeypatch.setattr("shards.storage.files._RETRY_PAUSES", (0, 0, 0))
    tried, real = [], os.pread

    def fail(*call):
        tried.append(call)
        if len(tried) < limit:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return real(*call)

    monkeypatch.setattr("shards.storage.places.os.pread", fail)
    limit = 4
    assert read_records(tmp_path / "work", summary.name, *places) and len(tried) == 4
    tried, limit = [], 5
    with pytest.raises(OSError) as raised:
        read_records(tmp_path / "work", summary.name, *places)
    assert str(raised.value.filename).endswith(".records") and len(tried) == 4


def test_touched_files_are_nothing_to_do(pets, tmp_path, two_workers, capsys):
    settings = PreprocessSettings(source=[str(pets)], out=str(tmp_path / "out"))
    run(settings)
    before = digests(tmp_path / "out")
    for path in pets.rglob("*.jpg"):
        os.utime(path, (1, 1))
    for _ in range(2):
        capsys.readouterr()
        run(settings)
        assert "nothing to do" in capsys.readouterr().out
    assert digests(tmp_path / "out") == before
    path = next(pets.rglob(f"{FRAME}*"))
    path.write_bytes(path.read_bytes()[:-2] + b"\0\0")  # of the same size
    with pytest.raises(CallError, match="from other inputs"):
        run(settings)


def test_a_flipped_bit_in_the_log_is_not_taken_for_other_inputs(pets, tmp_path, two_workers):
    settings = PreprocessSettings(source=[str(pets)], out=str(tmp_path / "out"))
    run(settings)
    log = log_file(tmp_path / "out")
    flip(log, log.read_bytes().index(b'"tasks"') + 20)
    with pytest.raises(CallError, match="damaged or gone"):
        run(settings)


FOREIGN = [
    ({"notes.txt": b""}, "notes.txt"),
    ({"features.json": b"{}"}, "features.json"),  # a name alone proves nothing
    ({"dataset.json": b'{"mine": 1}'}, "dataset.json"),
    ({"pet_mood-train.tfrecord-00000-of-00001": b""}, "pet_mood-train"),
    ({".work/somebody.doc": b""}, r"\.work/somebody\.doc"),
    ({"pet_frames-val.tfrecord-00000-of-00001": b""}, "pet_frames-val"),
    ({"frames/features.json": b"{}"}, "frames"),
    ({"README.md": b"# mine", ".work/hashes/x": b""}, r"README\.md"),
    ({"frames": b"", ".work/hashes/x": b""}, r"frames/\."),
]


@pytest.mark.parametrize(("files", "named"), FOREIGN)
@pytest.mark.parametrize("replace", [False, True])
def test_a_folder_with_somebodys_files_is_refused(tmp_path, files, named, replace):
    for name, data in files.items():
        path = tmp_path / "out" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    with pytest.raises(CallError, match=named):
        check_output_folder(PreprocessSettings(source=["source"], out=str(tmp_path / "out"), replace=replace))
    assert all((tmp_path / "out" / name).exists() for name in files)


def test_what_a_killed_run_was_writing_goes(pets, tmp_path, two_workers):
    out = tmp_path / "out"
    out.mkdir()
    left = [name_partial(log_file(out)), name_partial(out / "dataset.json")]
    for path in left:
        path.touch()
        os.utime(path, (1, 1))
    (tmp_path / ".other.log.json.1-00000000.partial").touch()  # of another run
    run(PreprocessSettings(source=[str(pets)], out=str(out)))
    assert not any(path.exists() for path in left)
    assert {path.name for path in tmp_path.iterdir()} == {
        *("pets", "out", "out.log.json", ".other.log.json.1-00000000.partial")
    }


def test_hostile_numbers_in_an_index_are_a_data_error(pets, tmp_path, two_workers):
    from shards.storage.self_checksum import dump_json_with_checksum

    run(PreprocessSettings(source=[str(pets)], out=str(tmp_path / "out")))
    path = tmp_path / "out" / "dataset.json"
    stated = json.loads(path.read_text())
    for change in (
        lambda d: d["settings"]["crop"].update(size=10**9),
        lambda d: d["settings"]["crop"].update(size="256"),
        lambda d: d["settings"].update(crop=None),
        lambda d: d["shards"]["train"][0].update(records=2**60),
        lambda d: d["shards"]["train"][0].update(records=-1),
        lambda d: d["shards"]["train"][0].update(file="../../etc/passwd"),
        lambda d: d["frames"]["train"][0].update(file="../../etc/passwd"),
        lambda d: d["frames"]["train"][0].update(file=d["shards"]["train"][0]["file"]),
    ):
        wrong = json.loads(json.dumps(stated))
        change(wrong)
        path.write_bytes(dump_json_with_checksum(wrong, indent=1))
        with pytest.raises(DataError, match=r"dataset\.json: damaged"):
            read_dataset(tmp_path / "out")
