"""A run's folder: which files are known to be a run's, which are removed, and what a kill at any instant leaves."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shards.errors import CallError, DataError
from tests.trainer.networks import OFFSET, build, describe
from tests.trainer.runs import SCRATCH, train_here
from trainer.model.model_file import write_model
from trainer.run_files.run_folder import open_folder
from trainer.run_files.run_record import write_record

# The moment before a file of that name appears, or before a folder of that name goes.
INSTANTS = [
    ("file", "run.json"),  # in its first moments
    ("folder", "self_check"),
    ("file", "0000000000.npz"),
    ("folder", "model.keras"),
    ("file", "metrics.json"),
]
PLOTS = ("curves.png", "confusion.png", "reliability.png", "recall.png")


def list_hidden(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob(".*")]


@contextmanager
def copied_at_instants(folder: Path, copies: Path) -> Iterator[None]:
    """Copy a folder at each of INSTANTS, to copies/NAME: what a kill at that moment leaves."""

    def copy_before(kind, action, which):
        def act(*paths, **how):
            target = Path(os.fsdecode(paths[which])).name
            for place, name in INSTANTS:
                if place == kind and name in target and not (copies / name).exists():
                    shutil.copytree(folder, copies / name)
            return action(*paths, **how)

        return act

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "replace", copy_before("file", os.replace, 1))
        patch.setattr(shutil, "rmtree", copy_before("folder", shutil.rmtree, 0))
        yield


def test_killed_at_any_instant_it_leaves_nothing_that_stays(pets, tmp_path):
    out, copies = tmp_path / "run", tmp_path / "copies"
    arguments = (*SCRATCH, "--epochs", "1", "--checkpoint_steps", "2", "--self_check", "true", "--tensorboard")
    with copied_at_instants(out, copies):
        assert train_here(pets, out, *arguments).returncode == 0
    fingerprint = json.loads((out / "run.json").read_bytes())["fingerprint"]
    left = [copies / name for _, name in INSTANTS]
    for folder in left:
        assert any(folder.name in name for name in list_hidden(folder)), folder.name
    # Killed at the last instant, and with what the kills before it left.
    shutil.rmtree(out)
    shutil.copytree(left[-1], out)
    for folder in left[:-1]:
        for path in folder.rglob(".*"):
            target = out / path.relative_to(folder)
            shutil.copytree(path, target, dirs_exist_ok=True) if path.is_dir() else shutil.copy(path, target)
        # After each kill the folder is still known for this run's, and is tidied.
        record = open_folder(folder, fingerprint, False)
        assert (record is None) == (folder.name == "run.json") and list_hidden(folder) == []
    result = train_here(pets, out, *arguments)
    assert result.returncode == 0 and "goes on after" in result.stderr, result.stderr
    assert list_hidden(out) == list(tmp_path.glob(".*")) == [] and (out / "report.html").exists()
    # All that a run writes is known for a run's.
    assert open_folder(out, "another run", True) is None and list(out.iterdir()) == []


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A folder as a run leaves it."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    (folder / "checkpoints").mkdir(parents=True)
    (folder / "tensorboard").mkdir()
    write_model(folder / "model.keras", build(), OFFSET, describe())
    names = ("metrics.json", "report.html", "history.csv", "answers.parquet", *PLOTS, "checkpoints/0000000012.npz")
    for name in (*names, "tensorboard/events.out.tfevents.1700000000.host"):
        (folder / name).write_bytes(b"x")
    write_record(folder, {"fingerprint": "a", "settings": {"seed": 1}, "results": {"이름": "펫"}})
    return folder


@pytest.fixture
def run(made, tmp_path) -> Path:
    return shutil.copytree(made, tmp_path / "run")


def list_all(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_a_run_goes_on_or_is_replaced(run):
    assert open_folder(run, "a", False)["results"] == {"이름": "펫"}
    with pytest.raises(CallError, match="holds another run"):
        open_folder(run, "b", False)
    leftover = run / ".run.json.123-0123abcd.partial"
    leftover.touch()
    assert open_folder(run, "a", False) and not leftover.exists()
    assert open_folder(run, "b", True) is None
    assert list_all(run) == []


STRANGERS = (
    *("사진.png", "a.png", "notes.txt", "export/model.tflite", ".photo.png.123-0123abcd.partial", "model.keras.bak"),
    *("checkpoints/weights.npz", "checkpoints/12.npz", "checkpoints/old/0000000001.npz"),
    *("tensorboard/photo.png", "tensorboard/train/events.out.tfevents.1", "recall.png/a.png"),
)


@pytest.mark.parametrize("name", STRANGERS)
@pytest.mark.parametrize("replace", [False, True])
def test_other_files_stay_and_keep_the_folder_from_being_replaced(run, name, replace):
    (run / name).parent.is_file() and (run / name).parent.unlink()
    (run / name).parent.mkdir(exist_ok=True)
    (run / name).write_bytes(b"mine")
    before = list_all(run)
    with pytest.raises(CallError, match="holds files that are not a run's"):
        open_folder(run, "b", replace)
    assert list_all(run) == before
    assert open_folder(run, "a", replace)  # beside the same run it may lie


@pytest.mark.parametrize("names", [("a.png", "checkpoints/a.npz"), PLOTS, ("checkpoints/0000000001.npz",)])
def test_a_folder_that_is_not_a_runs_is_never_emptied(tmp_path, names):
    for name in (*names, "tensorboard/events.out.tfevents.1"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"mine")
    (tmp_path / "run.json").write_text('{"name": "my run", "settings": {}}')
    before = list_all(tmp_path)
    with pytest.raises(DataError, match="is damaged"):
        open_folder(tmp_path, "a", False)
    with pytest.raises(CallError, match="holds files that are not a run's"):
        open_folder(tmp_path, "a", True)
    (tmp_path / "run.json").unlink()
    for replace in (False, True):
        with pytest.raises(CallError, match="holds files that are not a run's"):
            open_folder(tmp_path, "a", replace)
    assert list_all(tmp_path) == [name for name in before if name != "run.json"]


def test_a_run_of_before_is_known_too(run):
    (run / "model.keras").unlink()
    (run / "run.json").write_text(json.dumps({"command": [], "fingerprint": "old", "settings": {}}, indent=1))
    with pytest.raises(CallError, match="holds another run"):
        open_folder(run, "a", False)
    assert open_folder(run, "a", True) is None and list_all(run) == []


def test_every_flipped_bit_of_the_record_is_told(run):
    whole = (run / "run.json").read_bytes()
    for place in range(len(whole)):
        (run / "run.json").write_bytes(whole[:place] + bytes([whole[place] ^ 1 << place % 8]) + whole[place + 1 :])
        with pytest.raises(DataError, match=r"run\.json is damaged .* give --replace or another --out"):
            open_folder(run, "a", False)
    assert open_folder(run, "b", True) is None  # model.keras shows whose it is
