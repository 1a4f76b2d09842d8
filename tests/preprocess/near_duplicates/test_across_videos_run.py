"""Whole runs over videos that share pictures: what is dropped, what the manifest says, and what a dry run leaves."""

import json
from hashlib import blake2b
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from preprocess.near_duplicates.hamming_join import find_nearest, read_codes
from preprocess.output_folder.dry_run import dry_run_folder, read_dry_run, read_dry_run_sources
from preprocess.run import run
from preprocess.settings import DedupeSettings, HashSettings, PreprocessSettings, SelectSettings
from shards.dataset import DATASET_FILE, read_dataset
from shards.emotions import KOREAN
from shards.errors import DataError
from shards.manifest import read_hashes
from shards.record import decode_record
from shards.record_fields import CROPS, WHOLE_FRAMES
from shards.storage.self_checksum import dump_json_with_checksum
from shards.tfrecord import read_record_at
from shards.verification import verify_dataset
from tests.preprocess.test_run import digests
from tests.trees import make_jpeg, make_label, write_video

pytestmark = pytest.mark.usefixtures("two_workers")

MOODS = {"a": 3, "b": 2, "c": 2, "v": 3}
NAMES = {name: f"dog-walkrun-00000{number}" for number, name in enumerate(MOODS)}


def write_tree(root: Path) -> Path:
    """Three training videos and one validation video, each with pictures that other videos show too.

    a and v share picture 1; a, b and c share picture 2; each has two of its own.
    """
    shown = {"a": [1, 2, 10, 11], "b": [2, 20, 21], "c": [2, 30, 31], "v": [1, 40, 41]}
    for name, pictures in shown.items():
        label = make_label(inspect={"emotion": KOREAN[MOODS[name]]})
        images = {5 * place: make_jpeg(picture) for place, picture in enumerate(pictures)}
        write_video(root, NAMES[name], images, label=label, part="Validation" if name == "v" else "Training")
    return root


def make(root: Path, out: Path, **settings) -> dict[str, dict]:
    """Run, verify, and give the manifest's rows by key, with the videos' short names."""
    settings["dedupe"] = DedupeSettings(**settings.pop("dedupe", {}))
    run(PreprocessSettings(source=[str(root)], out=str(out), **settings))
    folder = dry_run_folder(out) if settings.get("dry_run") else out
    if folder == out:
        assert list(verify_dataset(out)) == []
    text = json.dumps(pq.read_table(folder / "manifest.parquet").to_pylist(), default=bytes.hex, ensure_ascii=False)
    for short, name in NAMES.items():
        text = text.replace(name, short)
    return {row["key"]: row for row in json.loads(text)}


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    return write_tree(tmp_path_factory.mktemp("같은 그림") / "동물")


def lost(rows: dict[str, dict]) -> dict[str, tuple]:
    return {key: (row["reason"], row["duplicate_of"]) for key, row in rows.items() if row["status"] != "kept"}


def test_near_duplicates_across_videos_are_dropped(tree, tmp_path):
    rows = make(tree, tmp_path / "out")
    assert lost(rows) == {
        "a/0": ("near_validation", "v/0"),
        "b/0": ("near_across_videos", "a/5"),
        "c/0": ("near_across_videos", "a/5"),
    }
    assert {row["distance"] for row in rows.values()} == {None, 0}
    counts = read_dataset(tmp_path / "out").counts
    assert counts["reasons"] == {"near_across_videos": 2, "near_validation": 1}
    assert counts["kept"] == 10 and counts["duplicate"] == 3
    assert all((row["shard"] is None) == (row["status"] != "kept") for row in rows.values())
    assert {row["video_count"] for key, row in rows.items() if key in ("b/5", "b/10")} == {2}


@pytest.mark.parametrize("dedupe", [{"scope": "video"}, {"enabled": False}])
def test_training_frames_near_validation_are_always_dropped(tree, tmp_path, dedupe):
    rows = make(tree, tmp_path / "out", dedupe=dedupe)
    assert lost(rows) == {"a/0": ("near_validation", "v/0")}


def test_bytes_do_not_depend_on_the_tasks(tree, tmp_path, monkeypatch):
    make(tree, tmp_path / "one", workers=1)  # a task for each video
    (tmp_path / "다시").symlink_to(tree)
    monkeypatch.setattr("preprocess.run.group_into_tasks", lambda source: [list(source.videos)])
    make(tmp_path / "다시", tmp_path / "two", dry_run=True)
    make(tmp_path / "다시", tmp_path / "two")
    assert digests(tmp_path / "one") == digests(tmp_path / "two")


@pytest.mark.parametrize("count", [None, 9])
def test_no_training_frame_is_near_a_kept_one_of_validation(tmp_path, count):
    """With 256-bit hashes, and with labels that have no usable frame."""
    root = write_tree(tmp_path / "동물")
    (root / "dog-broken-000009.json").write_text("{")
    write_video(root, "dog-empty-000008", 0, [])
    make(root, tmp_path / "out", hash=HashSettings(256), select=SelectSettings(count))
    rows = pq.read_table(tmp_path / "out" / "manifest.parquet").to_pylist()
    assert sorted(len(row["hash"] or b"") for row in rows) == [0] * 2 + [32] * 13
    sides = {
        split: read_codes(b"".join(r["hash"] for r in rows if (r["status"], r["split"]) == ("kept", split)), 256)
        for split in ("train", "val")
    }
    assert len(sides["train"]) == 7 and len(sides["val"]) == 3
    assert (find_nearest(sides["train"], sides["val"], 31).nearest < 0).all()


def test_conflicts_that_are_dropped(tree, tmp_path):
    rows = make(tree, tmp_path / "out", dedupe={"conflicts": "drop"})
    assert rows["a/5"]["status"] == "rejected" and rows["a/5"]["reason"] == "label_conflict"
    assert rows["b/0"]["duplicate_of"] == "a/5" and rows["v/0"]["status"] == "kept"  # a and v agree
    counts = read_dataset(tmp_path / "out").counts
    assert counts["rejected"] == 1 and counts["reasons"]["label_conflict"] == 1


def test_conflicts_that_the_majority_decides(tree, tmp_path):
    rows = make(tree, tmp_path / "out", dedupe={"conflicts": "majority"})
    row = rows["a/5"]
    assert row["label"] == 2 and row["status"] == "kept" and "majority of the 3 videos" in row["note"]
    assert row["emotion_inspect"] == KOREAN[3] and rows["a/10"]["label"] == 3
    with open(tmp_path / "out" / row["shard"], "rb") as file:
        assert decode_record(read_record_at(file, row["offset"]))["label"] == 2
    emotions = read_dataset(tmp_path / "out").counts["splits"]["train"]["emotions"]
    assert emotions[KOREAN[3]]["frames"] == 2 and emotions[KOREAN[2]]["frames"] == 5
    videos = read_dataset(tmp_path / "out").counts["splits"]["train"]["videos"]
    assert videos == 3 and emotions[KOREAN[3]]["videos"] + emotions[KOREAN[2]]["videos"] == 4  # one has both moods


def test_selection_keeps_so_many_frames_of_each_video(tree, tmp_path):
    rows = make(tree, tmp_path / "out", select=SelectSettings(2), dedupe={"enabled": False})
    status = {video: [row["status"] for row in rows.values() if row["video"] == video] for video in MOODS}
    assert all(found.count("unselected") == len(found) - 2 for found in status.values())
    assert read_dataset(tmp_path / "out").counts["unselected"] == 5
    assert all(row["hash"] and not row["reason"] for row in rows.values() if row["status"] == "unselected")


def test_a_dry_run_says_what_would_be_kept_and_leaves_its_hashes(tree, tmp_path, capsys):
    out = tmp_path / "out"
    dry = make(tree, out, dry_run=True)
    shown = capsys.readouterr().out
    assert "no shard was written; 76.9% of the 13 usable frames would be kept" in shown
    assert not (out / DATASET_FILE).exists() and not list(out.glob("*.tfrecord*")) and not list(out.rglob("*.records"))
    assert sorted(path.name for path in (out / ".work").iterdir()) == ["dry_run", "hashes"]
    assert read_dry_run(out).counts["kept"] == 10 and read_dry_run_sources(out) == [str(tree)]
    wider = make(tree, out, dry_run=True, dedupe={"cross_distance": 0, "enabled": False})
    assert sum(row["status"] == "kept" for row in wider.values()) == 12

    hashes = {path: path.stat().st_mtime_ns for path in out.glob(".work/hashes/*")}
    assert hashes
    real = make(tree, out)
    places = dict.fromkeys((*CROPS.place, "video_index", "video_count", *WHOLE_FRAMES.place))
    assert {key: row | places for key, row in real.items()} == dry
    assert not (out / ".work").exists() and read_dry_run(out) is None


def test_the_real_run_reuses_the_hashes_of_a_dry_run(tree, tmp_path):
    """The dry run's hashes are replaced by equal ones; the real run uses these, because its inputs are unchanged."""
    out = tmp_path / "out"
    make(tree, out, dry_run=True)
    for path in out.glob(".work/hashes/*.parquet"):
        rows = pq.read_table(path)
        same = pa.array([bytes(8)] * len(rows), pa.binary(8))
        pq.write_table(rows.set_column(rows.schema.get_field_index("hash"), "hash", same), path)
        note = path.with_suffix(".json")
        digest = blake2b(path.read_bytes(), digest_size=16).hexdigest()
        note.write_bytes(dump_json_with_checksum(json.loads(note.read_bytes()) | {"rows_digest": digest}))
    rows = make(tree, out)
    assert sum(row["status"] == "kept" for row in rows.values()) == 1


def test_selection_is_made_among_frames_that_are_no_duplicates(tmp_path):
    """The selection may leave out the representative of a duplicate; the dataset is still valid."""
    pictures = [1, 1, 2, 2, 3, 3, 4, 4]
    write_video(tmp_path / "pets", images={5 * place: make_jpeg(seed) for place, seed in enumerate(pictures)})
    dataset = run(
        PreprocessSettings(source=[str(tmp_path / "pets")], out=str(tmp_path / "out"), select=SelectSettings(1))
    )
    assert (dataset.counts["kept"], dataset.counts["duplicate"], dataset.counts["unselected"]) == (1, 4, 3)
    assert list(verify_dataset(tmp_path / "out")) == []


def make_dark(seed: int) -> bytes:
    """A frame from behind a lens cap: a little noise on black."""
    pixels = np.random.default_rng(seed).integers(0, 3, (240, 320, 3), dtype=np.uint8)
    return cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()


def test_dark_frames_that_are_stored_alike_are_in_one_split_only(tmp_path):
    for number, part in enumerate(("Training", "Training", "Validation")):
        images = {0: make_dark(number), 5: make_jpeg(50 + number)}
        write_video(tmp_path / "pets", f"dog-sit-00000{number}", images, part=part)
    run(PreprocessSettings(source=[str(tmp_path / "pets")], out=str(tmp_path / "out")))
    kept = [row for row in pq.read_table(tmp_path / "out" / "manifest.parquet").to_pylist() if row["status"] == "kept"]
    assert min(row["detail"] for row in kept) < 1000
    stored = {}
    for row in kept:
        with open(tmp_path / "out" / row["shard"], "rb") as file:
            stored.setdefault(decode_record(read_record_at(file, row["offset"]))["image"], set()).add(row["split"])
    assert all(len(splits) == 1 for splits in stored.values()) and len(stored) == len(kept)


def test_a_dry_run_beside_a_whole_dataset_says_how_to_go_on(tree, tmp_path, capsys):
    out = tmp_path / "out"
    make(tree, out)
    before = digests(out)
    make(tree, out, dry_run=True, dedupe={"distance": 2, "cross_distance": 0})
    shown = capsys.readouterr().out
    assert f"tools.dedupe_report {out} --dry_run" in shown and "with --replace instead of --dry_run" in shown
    assert digests(out) == before
    make(tree, out, replace=True, dedupe={"distance": 2, "cross_distance": 0})
    assert not (out / ".work").exists()


def test_a_changed_frame_is_hashed_again(tmp_path):
    root = write_tree(tmp_path / "pets")
    make(root, tmp_path / "out", dry_run=True)
    next(root.rglob(f"{NAMES['b']}/frame_0_*.jpg")).write_bytes(make_jpeg(99))
    assert "b/0" not in lost(make(root, tmp_path / "out"))


@pytest.mark.parametrize(
    ("pattern", "damage"),
    [
        ("*.json", lambda data: b"["),
        ("*.json", lambda data: b"[]"),
        ("*.parquet", lambda data: data[: len(data) // 2]),
        ("*.parquet", None),
    ],
)
def test_damaged_hashes_are_made_again(tree, tmp_path, pattern, damage):
    dry = make(tree, tmp_path / "out", dry_run=True)
    for path in (tmp_path / "out" / ".work" / "hashes").glob(pattern):
        path.write_bytes(damage(path.read_bytes())) if damage else path.unlink()
    assert make(tree, tmp_path / "out", dry_run=True) == dry
    assert len(make(tree, tmp_path / "out")) == len(dry)


def test_an_emptied_split_is_reported_and_an_emptied_dataset_refused(tmp_path, capsys):
    moods = {"dog-sit-000000": (3, "Training"), "dog-sit-000001": (3, "Validation")}
    for name, (mood, part) in moods.items():
        label = make_label(inspect={"emotion": KOREAN[mood]})
        write_video(tmp_path / "pets", name, {0: make_jpeg(1)}, label=label, part=part)
    make(tmp_path / "pets", tmp_path / "out")
    said = capsys.readouterr()
    assert "training is EMPTY: all its 1 frames went as copies" in said.out
    assert "compared 2 frames across videos: 1 kept, 1 dropped" in said.err
    write_video(tmp_path / "odd", "dog-sit-000000", {0: make_jpeg(1)})
    label = make_label(inspect={"emotion": KOREAN[0]})
    write_video(tmp_path / "odd", "dog-sit-000001", {0: make_jpeg(1)}, label=label)
    with pytest.raises(DataError, match=r"all 2 frames.*--dedupe.conflicts keep or majority"):
        make(tmp_path / "odd", tmp_path / "none", dedupe={"conflicts": "drop"})
    assert not (tmp_path / "none" / DATASET_FILE).exists()


def test_a_damaged_dry_run(tree, tmp_path):
    make(tree, tmp_path / "out", dry_run=True)
    path = dry_run_folder(tmp_path / "out") / "dry_run.json"
    path.write_bytes(path.read_bytes().replace(b'"version": 1', b'"version": 9'))
    with pytest.raises(DataError, match=r"version 9.*make the dry run again"):
        read_dry_run(tmp_path / "out")
    path.write_bytes(b"{")
    with pytest.raises(DataError, match="damaged"):
        read_dry_run(tmp_path / "out")


def test_a_damaged_manifest_of_a_dry_run(tree, tmp_path):
    make(tree, tmp_path / "out", dry_run=True)
    path = dry_run_folder(tmp_path / "out") / "manifest.parquet"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"manifest.parquet is gone or damaged; make the dry run again"):
        read_dry_run(tmp_path / "out")
    path.unlink()
    with pytest.raises(DataError, match="make the dry run again"):
        read_dry_run(tmp_path / "out")


def test_hashes_of_a_column_are_read_as_they_are():
    column = pa.chunked_array([pa.array([b"12345678", None], pa.binary(8)), pa.array([b"abcdefgh"] * 3, pa.binary(8))])
    assert read_hashes(column.slice(1)) == b"abcdefgh" * 3 and read_hashes(column.slice(0, 1)) == b"12345678"
    assert np.array_equal(read_codes(read_hashes(column), 64)[0], [int.from_bytes(b"12345678")])
