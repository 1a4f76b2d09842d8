import fcntl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shards.storage import atomic_write
from shards.storage.atomic_write import (
    make_temporary_folder,
    name_partial,
    remove_abandoned,
    remove_partials,
    write_atomically,
)
from tests.conftest import ROOT


def test_appears_only_when_whole(tmp_path):
    with write_atomically(tmp_path / "파일") as file:
        file.write(b"half")
        assert not (tmp_path / "파일").exists()
    assert (tmp_path / "파일").read_bytes() == b"half"


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    (tmp_path / "file").write_bytes(b"old")
    with pytest.raises(RuntimeError), write_atomically(tmp_path / "file") as file:
        file.write(b"new")
        raise RuntimeError
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_bytes() == b"old"


def test_what_a_killed_process_was_writing_is_known_by_its_name(tmp_path):
    left = [name_partial(tmp_path / name) for name in ("run.json", "감정.json")]
    for path in left:
        path.touch()
    (name_partial(tmp_path / "model.keras")).mkdir()
    others = [tmp_path / name for name in ("run.json", ".run.json.partial", ".x.12-abc.partial")]
    for path in others:
        path.touch()
    remove_partials(tmp_path, older_than=60)
    assert len(list(tmp_path.iterdir())) == 6
    remove_partials(tmp_path, r"run\.json|model\.keras")
    assert set(tmp_path.iterdir()) == {left[1], *others}
    remove_partials(tmp_path)
    assert set(tmp_path.iterdir()) == set(others)
    remove_partials(tmp_path / "nowhere")


def test_a_temporary_folder_goes_whatever_happens(tmp_path):
    with pytest.raises(RuntimeError), make_temporary_folder(tmp_path / "model.keras") as folder:
        (folder / "half").touch()
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


WRITER = """
import sys
from pathlib import Path
from shards.storage.atomic_write import make_temporary_folder, write_atomically
with globals()[sys.argv[1]](Path(sys.argv[2])) as made:
    made.write(b"whole") if sys.argv[1] == "write_atomically" else (made / "half").touch()
    print("writing", flush=True)
    sys.stdin.read()
"""


@contextmanager
def begin_writing(how: str, path: Path) -> Iterator[subprocess.Popen]:
    command = [sys.executable, "-c", WRITER, how, str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"writing\n"
        yield process
        process.stdin.close()


@pytest.mark.parametrize("how", ["write_atomically", "make_temporary_folder"])
def test_the_next_write_removes_what_a_killed_one_left_and_nothing_of_a_living_one(tmp_path, how):
    path = tmp_path / "보고서 [1].html"
    with begin_writing(how, path) as killed, begin_writing(how, tmp_path / "other.html") as other:
        for process in (killed, other):
            process.kill()
            process.wait()
    left = {name: each for each in tmp_path.iterdir() for name in (path.name, "other.html") if name in each.name}
    assert len(left) == 2
    own = [tmp_path / f".{path.name}", tmp_path / f".{path.name}.partial", tmp_path / f".{path.name}.12-abc.partial"]
    for each in own:
        each.touch()
    with begin_writing(how, path) as living:
        assert not left[path.name].exists()  # the living one has removed it as it began
        (held,) = set(tmp_path.iterdir()) - {left["other.html"], *own}
        with write_atomically(path) as file:
            file.write(b"mine")
        with make_temporary_folder(path):
            remove_abandoned(tmp_path, path.name)
            assert held.exists() and path.read_bytes() == b"mine"
    assert living.returncode == 0 and not held.exists()
    assert path.read_bytes() == (b"whole" if how == "write_atomically" else b"mine")
    assert set(tmp_path.iterdir()) == {path, left["other.html"], *own}
    remove_abandoned(tmp_path)
    assert set(tmp_path.iterdir()) == {path, *own}


def test_one_of_many_files_does_not_list_its_folder(tmp_path):
    left = name_partial(tmp_path / "file")
    left.touch()
    with write_atomically(tmp_path / "file", one_of_many=True):
        pass
    assert left.exists()


def test_a_partial_file_that_another_process_has_just_removed_is_made_again(tmp_path, monkeypatch):
    """Between its opening and its lock, another takes it for one that was left."""
    made = []

    def name_and_note(path):
        made.append(name_partial(path))
        return made[-1]

    def lock(handle, operation, real=fcntl.flock):
        if len(made) == 1:
            made[0].unlink()
        real(handle, operation)

    monkeypatch.setattr(atomic_write, "name_partial", name_and_note)
    monkeypatch.setattr(fcntl, "flock", lock)
    with write_atomically(tmp_path / "file") as file:
        file.write(b"whole")
    assert len(made) == 2 and (tmp_path / "file").read_bytes() == b"whole"
