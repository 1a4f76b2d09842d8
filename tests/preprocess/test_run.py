"""Whole runs on real Ray: what comes out, that it is the same bytes whatever the way, and what a bad call says."""

import json
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import preprocess.ray_cluster
import preprocess.run
from console.output.origin import describe_machine, describe_program
from preprocess.outcome import judge_outcome
from preprocess.run import run
from preprocess.settings import CropSettings, DedupeSettings, PreprocessSettings, SplitSettings
from shards import dataset as index
from shards.errors import CallError, DataError
from shards.record import decode_record
from shards.tfrecord import read_record_at
from shards.verification import verify_dataset
from tests.trees import digests, make_jpeg, make_label, write_video
from tools.sample.defects import REPEATED_IN_VALIDATION
from tools.sample.tree import make_sample
from tools.sample.video_plans import SampleSpec

pytestmark = pytest.mark.usefixtures("two_workers")


def manifest(folder: Path):
    return pq.read_table(folder / "manifest.parquet")


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    root = tmp_path_factory.mktemp("견본") / "동물 영상"
    return root, make_sample(root, SampleSpec(videos=12, frames=6, height=270), workers=2)


@pytest.fixture(scope="module")
def made(sample, two_workers, tmp_path_factory):
    out = tmp_path_factory.mktemp("결과") / "pets"
    run(PreprocessSettings(source=[str(sample[0])], out=str(out), shard_bytes=200_000))
    return out


def test_every_known_defect_is_found_again(sample, made):
    known = sample[1]
    counts = index.read_dataset(made).counts
    rejected = {reason: n for reason, n in counts["reasons"].items() if not reason.startswith("near")}
    assert rejected == dict(known.rejected)
    assert counts["rows"] == known.rows and counts["rejected"] == known.rejected.total()
    assert counts["kept"] + counts["duplicate"] == known.usable.total()
    rows = manifest(made)
    usable = rows.filter(pc.is_in(rows["status"], pc.cast(["kept", "duplicate"], "string")))
    for (split, label), number in known.usable.items():
        word = {"Training": "train", "Validation": "val"}[split]
        assert pc.sum(pc.and_(pc.equal(usable["split"], word), pc.equal(usable["label"], label))).as_py() == number


def test_the_dataset_is_whole_and_holds_nothing_else(made):
    assert list(verify_dataset(made)) == []
    dataset = index.read_dataset(made)
    assert digests(made).keys() == {shard.file for shard in dataset.all_shards} | set(dataset.files) | {
        index.DATASET_FILE
    }
    assert len(dataset.shards["train"]) > 1 and len(dataset.shards["val"]) == 1
    lengths = [shard.records for shard in dataset.shards["train"]]
    assert max(lengths) - min(lengths) <= 1


def test_the_manifest_is_sorted_and_points_at_its_records(made):
    rows = manifest(made).to_pylist()
    places = [(row["video"], -1 if row["frame_number"] is None else row["frame_number"]) for row in rows]
    assert places == sorted(places)
    for row in (row for row in rows if row["status"] == "kept"):
        with open(made / row["shard"], "rb") as file:
            record = decode_record(read_record_at(file, row["offset"]))
        assert record["key"] == row["key"] and record["video_index"] == row["video_index"] < row["video_count"]


def test_records_are_shuffled_over_videos(made):
    rows = manifest(made)
    rows = rows.filter(pc.equal(rows["split"], "train")).filter(pc.is_valid(pc.field("shard")))
    rows = rows.sort_by([("shard", "ascending"), ("index", "ascending")])
    videos = np.array(rows["video"].to_pylist())
    same = (videos[1:] == videos[:-1]).mean()
    assert same < 3 * np.mean([(videos == video).mean() for video in videos])


def test_tensorflow_datasets_opens_it(made):
    import tensorflow_datasets as tfds

    builder = tfds.builder_from_directory(made)
    kept = manifest(made)
    kept = kept.filter(pc.equal(kept["status"], "kept"))
    for split in ("train", "val"):
        rows = [row for row in kept.to_pylist() if row["split"] == split]
        examples = list(builder.as_dataset(split=split))
        assert sorted(e["key"].numpy().decode() for e in examples) == sorted(row["key"] for row in rows)
    assert examples[0]["image"].shape == (256, 256, 3)
    assert builder.info.features["label"].int2str(3) == "편안/안정"


def test_nothing_is_done_twice_and_a_change_is_refused(sample, made, capsys):
    before = {path: path.stat().st_mtime_ns for path in made.iterdir()}
    settings = {"source": [str(sample[0])], "out": str(made), "shard_bytes": 200_000}
    run(PreprocessSettings(**settings))
    assert "nothing to do" in capsys.readouterr().out
    with pytest.raises(CallError, match="from other inputs or settings: seed was 0 and is 1 "):
        run(PreprocessSettings(**settings | {"seed": 1}))
    assert {path: path.stat().st_mtime_ns for path in made.iterdir()} == before


def test_replace(tmp_path):
    write_video(tmp_path / "pets", images=5)
    settings = {"source": [str(tmp_path / "pets")], "out": str(tmp_path / "out"), "shard_bytes": 10_000}
    first = run(PreprocessSettings(**settings))
    assert len(first.shards["train"]) > 1
    next((tmp_path / "pets").rglob("frame_5_*.jpg")).write_bytes(make_jpeg(77))
    with pytest.raises(CallError, match=r"other inputs or settings: the label or the frames.* give --replace"):
        run(PreprocessSettings(**settings))
    write_video(tmp_path / "pets", "20201028_cat-arch-000157.mp4")
    with pytest.raises(CallError, match=r"settings: 1 video more \(20201028_cat-arch-000157\.mp4\) "):
        run(PreprocessSettings(**settings))
    settings |= {"shard_bytes": 128_000_000}
    second = run(PreprocessSettings(**settings, replace=True))
    assert second.digest != first.digest and list(verify_dataset(tmp_path / "out")) == []
    run(PreprocessSettings(**settings, replace=True))  # whole and the same: nothing to do


def test_a_damaged_dataset_is_made_anew(tmp_path):
    write_video(tmp_path / "pets", images=5)
    settings = {"source": [str(tmp_path / "pets")], "out": str(tmp_path / "out"), "shard_bytes": 20_000}
    run(PreprocessSettings(**settings))
    before = digests(tmp_path / "out")
    next((tmp_path / "out").glob("*.tfrecord-*")).unlink()
    run(PreprocessSettings(**settings))  # the log says that it is the same, so nothing can be lost
    assert digests(tmp_path / "out") == before
    index_file = tmp_path / "out" / index.DATASET_FILE
    index_file.write_bytes(index_file.read_bytes().replace(b"kept", b"kepp", 1))
    with pytest.raises(CallError, match="damaged or gone; give --replace"):
        run(PreprocessSettings(**settings))
    run(PreprocessSettings(**settings, replace=True))
    assert digests(tmp_path / "out") == before


def test_work_that_a_killed_run_left_behind_a_whole_dataset_goes(tmp_path):
    write_video(tmp_path / "pets")
    settings = PreprocessSettings(source=[str(tmp_path / "pets")], out=str(tmp_path / "out"))
    run(settings)
    (tmp_path / "out" / ".work" / settings.fingerprint()).mkdir(parents=True)
    run(settings)
    assert not (tmp_path / "out" / ".work").exists()


@pytest.mark.parametrize("name", ["pet_mood-notes.txt", "thesis.partial", "data.csv"])
def test_foreign_files_are_neither_touched_nor_overlooked(tmp_path, name):
    write_video(tmp_path / "pets")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / name).write_text("mine")
    with pytest.raises(CallError, match=name):
        run(PreprocessSettings(source=[str(tmp_path / "pets")], out=str(tmp_path / "out")))
    assert (tmp_path / "out" / name).read_text() == "mine"


def test_a_foreign_log_and_a_work_folder_inside_out_are_refused(tmp_path):
    write_video(tmp_path / "pets")
    settings = {"source": [str(tmp_path / "pets")], "out": str(tmp_path / "out")}
    for inside in ("", "/tmp"):
        with pytest.raises(CallError, match="lies in --out"):
            run(PreprocessSettings(**settings, work=settings["out"] + inside))
    (tmp_path / "out.log.json").write_text("{}")
    with pytest.raises(CallError, match="no log of this program"):
        run(PreprocessSettings(**settings))


def test_more_bytes_a_record_than_a_shard_is_to_have(tmp_path):
    write_video(tmp_path / "pets", images=6)
    settings = {"crop": CropSettings(size=512, quality=100), "shard_bytes": 10_000}
    dataset = run(PreprocessSettings(source=[str(tmp_path / "pets")], out=str(tmp_path / "out"), **settings))
    assert [shard.records for shard in dataset.shards["train"]] == [1] * 6


def test_the_first_frames_of_each_video_lie_anywhere_in_the_order(tmp_path):
    """video_index < K chooses frames for an epoch: not those that the shuffle has put first."""
    for number in range(4):
        write_video(tmp_path / "pets", f"dog-sit-{number:06}", images=40)
    run(PreprocessSettings(source=[str(tmp_path / "pets")], out=str(tmp_path / "out")))
    rows = manifest(tmp_path / "out")
    chosen = rows.filter(pc.less(rows["video_index"], 10))["index"].to_numpy() / len(rows)
    assert 0.3 < chosen.mean() < 0.7


def test_the_same_bytes_however_tasks_are_cut_and_ordered(sample, made, tmp_path, monkeypatch):
    """Tasks in reverse, and all videos in one task, with the work elsewhere."""
    settings = {"source": [str(sample[0])], "shard_bytes": 200_000}

    def all_at_once(source):
        return [list(source.videos)]

    def reversed_tasks(function, calls, workers, what):
        from preprocess.task_handout import run_tasks

        for place, result in run_tasks(function, list(reversed(calls)), workers, what):
            yield len(calls) - 1 - place, result

    monkeypatch.setattr("preprocess.ray_tasks.run_tasks", reversed_tasks)
    run(PreprocessSettings(**settings, out=str(tmp_path / "reversed")))
    monkeypatch.setattr("preprocess.run.group_into_tasks", all_at_once)
    run(PreprocessSettings(**settings, out=str(tmp_path / "all"), work=str(tmp_path / "work")))
    assert digests(tmp_path / "reversed") == digests(tmp_path / "all") == digests(made)
    assert list((tmp_path / "work").iterdir()) == []


def test_sources_that_take_long_to_list_are_listed_while_ray_starts(sample, made, tmp_path, monkeypatch):
    """The same bytes, and the same words on sources that cannot be used."""
    (tmp_path / "empty").mkdir()
    listed, ready = [], []
    monkeypatch.setattr("preprocess.run._LISTING_SECONDS", 0)
    find_videos = preprocess.run.find_videos

    def find_slowly(*sources):
        while not ready:  # the listing ends after Ray is there
            time.sleep(0.01)
        listed.append(sources)
        return find_videos(*sources)

    @contextmanager
    def start_ray(*arguments):
        with preprocess.ray_cluster.start_ray(*arguments) as workers:
            assert not listed
            ready.append(workers)
            yield workers

    monkeypatch.setattr("preprocess.run.find_videos", find_slowly)
    monkeypatch.setattr("preprocess.run.start_ray", start_ray)
    run(PreprocessSettings(source=[str(sample[0])], out=str(tmp_path / "out"), shard_bytes=200_000))
    assert digests(tmp_path / "out") == digests(made)
    for source, out, error, words in (
        ("empty", "other", DataError, "no label JSON and no frames"),
        ("few", "out", CallError, "holds a dataset from other inputs or settings: .* fewer"),
    ):
        if source == "few":
            write_video(tmp_path / "few", "cat-sit-000001")
        listed.clear(), ready.clear()
        with pytest.raises(error, match=words):
            run(PreprocessSettings(source=[str(tmp_path / source)], out=str(tmp_path / out), shard_bytes=200_000))


def test_the_same_bytes_from_a_copy_of_the_source(sample, made, tmp_path):
    shutil.copytree(sample[0], tmp_path / "다른 곳")
    run(PreprocessSettings(source=[str(tmp_path / "다른 곳")], out=str(tmp_path / "out"), shard_bytes=200_000))
    assert digests(tmp_path / "out") == digests(made)


def test_the_seed_changes_the_order_not_the_frames(sample, made, tmp_path):
    run(PreprocessSettings(source=[str(sample[0])], out=str(tmp_path / "out"), shard_bytes=200_000, seed=9))
    one, other = manifest(made).to_pylist(), manifest(tmp_path / "out").to_pylist()
    assert [row["status"] for row in one] == [row["status"] for row in other]
    assert [row["index"] for row in one] != [row["index"] for row in other]


def write_animals(root: Path, animals: int, videos: int = 1) -> None:
    for animal in range(animals):
        for video in range(videos):
            label = make_label(animal={"breed": f"종{animal}", "age": animal})
            write_video(root, f"dog-sit-{animal:03}{video:03}", images=2, label=label)


def test_split_by_animal_when_the_source_has_none(tmp_path):
    write_animals(tmp_path / "pets", animals=12, videos=3)
    settings = {"source": [str(tmp_path / "pets")], "split": SplitSettings(0.25)}
    run(PreprocessSettings(**settings, out=str(tmp_path / "a")))
    rows = manifest(tmp_path / "a")
    by_breed = {(row["breed"], row["split"]) for row in rows.to_pylist()}
    assert len(by_breed) == 12  # no animal in two splits
    assert 2 <= sum(split == "val" for _, split in by_breed) <= 4
    run(PreprocessSettings(**settings, out=str(tmp_path / "b"), seed=1))
    assert {(row["breed"], row["split"]) for row in manifest(tmp_path / "b").to_pylist()} != by_breed
    assert list(verify_dataset(tmp_path / "a")) == []


def test_too_few_animals_leave_validation_empty_and_say_so(tmp_path, capsys):
    """One video of three is a copy of another, which is no reason."""
    write_animals(tmp_path / "pets", animals=3)
    first, _, last = sorted((tmp_path / "pets" / "원천데이터").iterdir())
    for path in first.iterdir():
        (last / path.name).write_bytes(path.read_bytes())
    dataset = run(PreprocessSettings(source=[str(tmp_path / "pets")], out=str(tmp_path / "out")))
    assert dataset.shards["val"] == [] and dataset.counts["splits"]["val"]["frames"] == 0
    why = "the source has no Training and Validation with frames in both, and too few animals, or videos of one mood,"
    assert dataset.counts["reasons"]["near_across_videos"] == 2
    assert f"split: validation is EMPTY: {why} to take 1/10 of 3 animals, 3 videos" in capsys.readouterr().out
    assert f": {why} to divide; name videos of more animals" in judge_outcome(dataset.counts).faults[0]
    assert list(verify_dataset(tmp_path / "out")) == []


def test_nothing_good_enough(tmp_path):
    write_video(tmp_path / "pets", images={0: b"", 5: b"x"})
    with pytest.raises(DataError, match=r"no frame is good enough.*image_unreadable 2"):
        run(PreprocessSettings(source=[str(tmp_path / "pets")], out=str(tmp_path / "out")))
    assert not (tmp_path / "out" / index.DATASET_FILE).exists()


def test_no_dedupe(sample, tmp_path):
    settings = PreprocessSettings(
        source=[str(sample[0])], out=str(tmp_path / "out"), dedupe=DedupeSettings(enabled=False), shard_bytes=200_000
    )
    counts = run(settings).counts
    assert counts["duplicate"] == counts["reasons"]["near_validation"] == sample[1].tolerated[REPEATED_IN_VALIDATION]
    assert list(verify_dataset(tmp_path / "out")) == []


def test_labels_and_frames_in_two_sources(tmp_path):
    write_video(tmp_path / "labels")
    (tmp_path / "frames").mkdir()
    (tmp_path / "labels" / "원천데이터").rename(tmp_path / "frames" / "원천데이터")
    sources = [str(tmp_path / "labels"), str(tmp_path / "frames")]
    dataset = run(PreprocessSettings(source=sources, out=str(tmp_path / "out")))
    assert dataset.counts["kept"] == 3


def test_the_log_lies_beside_and_lists_what_has_no_partner(sample, made):
    log = json.loads(Path(f"{made}.log.json").read_text())
    assert log["dataset"] == index.read_dataset(made).digest and "videos" in log["seconds"]
    assert len(log["labels_without_frames"]) == len(log["directories_without_label"]) == 1


def test_the_log_says_its_origin_and_the_dataset_does_not(made):
    log = json.loads(Path(f"{made}.log.json").read_text())
    assert log["program"] == describe_program() and log["machine"] == describe_machine()
    assert log["versions"]["ray"] and log["versions"]["tensorflow"] and log["workers"] == 2
    assert datetime.fromisoformat(log["started"]) <= datetime.fromisoformat(log["finished"])
    for word in (log["program"]["commit"], log["machine"]["system"], log["started"][:10]):
        assert word is None or word not in (made / "dataset.json").read_text()


def test_the_driver_and_its_imports_do_without_tensorflow():
    code = "import preprocess.run, sys; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
