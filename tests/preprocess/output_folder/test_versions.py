"""A dataset is replaced in one step: killed at any instant it is the old or the new one; readers are not disturbed.

The kills: a run of --replace whose folders are copied, as hard links, at the calls of some functions. Each copy is what
a kill there leaves; the same command goes on from it.
"""

import dataclasses
import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import tensorflow_datasets as tfds

from chaos.whole_runs.power_cuts import find_mount_obstacle, make_image, mount_image
from chaos.whole_runs.power_loss import copy_at_rest
from preprocess.output_folder.versions import begin_next_version, list_old_versions, next_version
from preprocess.run import run
from preprocess.settings import PreprocessSettings
from shards.dataset import read_dataset
from shards.storage.folder_exchange import exchange_folders
from shards.storage.held_folder import holding_folder
from shards.verification import verify_dataset
from tests.preprocess.kill_instants import copy_at_calls
from tests.trees import digests, write_video

pytestmark = pytest.mark.usefixtures("two_workers")
OLD, NEW = 0, 1  # seeds: the shards of both versions have the same names and other bytes
_MOVE = "preprocess.output_folder.publication._move"
# Functions and their calls at which the run is killed, 0 for the last; whether OUT is the new version by then.
INSTANTS = [
    (_MOVE, 2, False),  # shards move beside OUT
    (_MOVE, 0, False),  # all but dataset.json have moved
    ("preprocess.output_folder.versions.exchange_folders", 1, False),
    ("preprocess.run.remove_work", 1, True),  # the old version has the new one's place beside OUT
    ("preprocess.output_folder.versions.remove_unheld", 1, True),  # it has a name of its own
]


def replace(source: Path, out: Path, seed: int = NEW) -> None:
    settings = PreprocessSettings(source=[str(source)], out=str(out), workers=2, shard_bytes=25_000, replace=True)
    run(dataclasses.replace(settings, seed=seed))


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    root = tmp_path_factory.mktemp("source") / "pets"
    for number in range(4):
        part = "Validation" if number == 3 else "Training"
        write_video(root, f"20201028_dog-walkrun-{number:06}.mp4", images=6, part=part)
    return root


@pytest.fixture(scope="module")
def versions(source, tmp_path_factory):
    """A folder with the dataset of either version, in `old` and `new`."""
    root = tmp_path_factory.mktemp("versions")
    replace(source, root / "old", OLD)
    replace(source, root / "new", NEW)
    assert digests(root / "old") != digests(root / "new")
    assert digests(root / "old").keys() == digests(root / "new").keys()
    return root


@pytest.fixture
def out(versions, tmp_path):
    """The old version with its log, in a folder that may be written."""
    shutil.copytree(versions / "old", tmp_path / "자료" / "out")
    shutil.copy(versions / "old.log.json", tmp_path / "자료" / "out.log.json")
    return tmp_path / "자료" / "out"


@pytest.fixture(scope="module")
def killed(source, versions, tmp_path_factory):
    """What a kill at each call of each function of INSTANTS leaves."""
    root = tmp_path_factory.mktemp("killed")
    shutil.copytree(versions / "old", root / "run" / "out")
    seen = copy_at_calls(root, {target for target, *_ in INSTANTS}, lambda: replace(source, root / "run" / "out"))
    return root, seen


@pytest.mark.parametrize(("target", "count", "is_new"), INSTANTS)
def test_a_kill_leaves_one_whole_version_and_the_same_command_goes_on(
    source, versions, killed, tmp_path, target, count, is_new
):
    root, seen = killed
    shutil.copytree(root / f"{target}-{count or seen[target]}", tmp_path / "run", copy_function=os.link)
    out = tmp_path / "run" / "out"
    assert list(verify_dataset(out)) == []
    assert read_dataset(out).digest == read_dataset(versions / ("new" if is_new else "old")).digest
    moved = {path.name: path.stat().st_ino for path in next_version(out).glob("*.tfrecord-*")}
    replace(source, out)
    assert digests(out) == digests(versions / "new")
    if not is_new:  # nothing is written twice
        assert moved and {name: (out / name).stat().st_ino for name in moved} == moved
    assert sorted(path.name for path in out.parent.iterdir()) == ["out", "out.log.json"]


def test_another_version_than_the_killed_run_made_is_made(source, versions, killed, tmp_path):
    root, _ = killed
    shutil.copytree(root / f"{_MOVE}-2", tmp_path / "run", copy_function=os.link)
    replace(source, tmp_path / "run" / "out", 2)
    replace(source, tmp_path / "run" / "out", OLD)
    assert digests(tmp_path / "run" / "out") == digests(versions / "old")
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == ["out", "out.log.json"]


def test_a_reader_keeps_its_version_until_it_has_ended(source, versions, out, capsys):
    code = (
        "import sys; from shards.storage.held_folder import hold_folder as hold; import os; from pathlib import Path\n"
    )
    code += "held = hold(Path(sys.argv[1])); print(len(os.listdir(held)), flush=True); input(); print(os.listdir(held))"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", code, str(out)], **pipes) as reader:
        count = int(reader.stdout.readline())
        with holding_folder(out) as held:
            replace(source, out)
            assert digests(out) == digests(versions / "new")
            assert list(verify_dataset(held)) == [] and digests(held) == digests(versions / "old")
            (kept,) = list_old_versions(out)
            assert f"{kept}, a replaced version that is still read" in capsys.readouterr().err
        replace(source, out)  # nothing to do, and one still reads
        assert list_old_versions(out) == [kept]
        listed, _ = reader.communicate("\n")
        assert listed.count("'") == 2 * count
    replace(source, out)
    assert not list_old_versions(out)
    replace(source, out, OLD)  # and back, while nobody reads
    assert digests(out) == digests(versions / "old")
    assert sorted(path.name for path in out.parent.iterdir()) == ["out", "out.log.json"]


def test_a_file_system_that_cannot_exchange_folders(source, versions, out, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr("preprocess.output_folder.versions.exchange_folders", refuse)
    replace(source, out)
    assert digests(out) == digests(versions / "new")
    assert sorted(path.name for path in out.parent.iterdir()) == ["out", "out.log.json"]


@pytest.mark.parametrize(
    "target",
    [
        "preprocess.writing.shard_plan.ShardPlan.shard_entries",  # no shard is written yet
        "preprocess.output_folder.publication.write_atomically",  # before the manifest
        "preprocess.output_folder.publication.begin_next_version",
        "preprocess.output_folder.versions.sync_directory",  # all is gathered
    ],
)
def test_a_full_disk_leaves_the_old_version(source, versions, out, monkeypatch, target):
    def fail(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space left"):
        patch.setattr(target, fail)
        replace(source, out)
    assert digests(out) == digests(versions / "old") and list(verify_dataset(out)) == []
    replace(source, out)
    assert digests(out) == digests(versions / "new")
    assert sorted(path.name for path in out.parent.iterdir()) == ["out", "out.log.json"]


def test_somebodys_folder_of_that_name_stays(source, versions, out):
    next_version(out).mkdir()
    (next_version(out) / "README.md").write_text("mine")
    with pytest.raises(FileExistsError):
        begin_next_version(out)
    replace(source, out)
    assert digests(out) == digests(versions / "new")
    assert (next_version(out) / "README.md").read_text() == "mine"


def test_what_is_opened_by_glob_is_of_one_version(source, versions, out):
    """By its name, by a link to it, and by tensorflow_datasets, which goes by dataset_info.json."""
    link = out.parent / "가리킴"
    link.symlink_to(out)
    replace(source, link)
    assert link.is_symlink() and digests(out) == digests(versions / "new")
    stated = read_dataset(out)
    assert {path.name for path in out.glob("*.tfrecord-*")} == {shard.file for shard in stated.all_shards}
    builder = tfds.builder_from_directory(str(out))
    assert builder.info.splits["train"].num_shards == len(stated.shards["train"])
    assert len(list(builder.as_dataset(split="train"))) == sum(shard.records for shard in stated.shards["train"])


@pytest.mark.skipif(bool(find_mount_obstacle()), reason=find_mount_obstacle())
def test_a_loss_of_power_leaves_one_whole_version(source, versions, tmp_path, monkeypatch):
    """What the disk holds when all is gathered, right after the exchange, and at the end."""
    image, cuts = tmp_path / "image", []
    make_image("ext4", image)

    def cut(*_):
        copy = image.with_name(f"cut{len(cuts)}")
        assert copy_at_rest(image, copy)
        cuts.append(copy)

    def exchange_and_cut(*folders):
        cut()
        exchange_folders(*folders)
        cut()

    with mount_image("ext4", image, tmp_path / "disk") as disk:
        shutil.copytree(versions / "old", disk / "out")
        os.sync()
        monkeypatch.setattr("preprocess.output_folder.versions.exchange_folders", exchange_and_cut)
        monkeypatch.setattr("preprocess.run.remove_work", cut)
        replace(source, disk / "out")
    stated = {read_dataset(versions / name).digest: name for name in ("old", "new")}
    found = []
    for copy in cuts:
        with mount_image("ext4", copy, tmp_path / "after") as disk:
            assert list(verify_dataset(disk / "out")) == []
            found.append(stated[read_dataset(disk / "out").digest])
    assert found[0] == "old" and found[2] == "new", found
