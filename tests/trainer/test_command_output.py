"""What every command says to a file or a pipe, to a log and when it is quiet; on Korean paths.

Those that take long are checked where their tests run them: advise in tests/tools/test_advise.py, train in
mood_training/test_run.py, finder in finder_training/test_train_run.py, export in test_export.py, serve in
tests/tools/serving/test_serve.py.
"""

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pytest

from console.command import run_command
from console.petmood import COMMANDS
from shards.dataset import read_dataset
from shards.storage.files import hash_file
from tests.terminal import DATED, check_piped, on_terminal
from tests.test_docs import list_known_flags

ELSEWHERE = {"advise", "train", "finder", "export", "serve"}


class Given(NamedTuple):
    """What there is to call commands with; `made` is a new folder."""

    pets: Path
    model: Path
    made: Path

    @property
    def photo(self) -> Path:
        path = self.made / "고양이 사진.png"
        path.write_bytes(cv2.imencode(".png", np.full((80, 80, 3), 90, np.uint8))[1].tobytes())
        return path


CALLS: dict[str, Callable[[Given], list]] = {
    "sample": lambda given: [given.made / "표본", "--videos", 1, "--frames", 2, "--height", 120, "--no-defects"],
    "inventory": lambda given: [given.pets.parent / "pets", "--html", given.made / "재고.html"],
    "shards": lambda given: ["--source", given.pets.parent / "pets", "--out", given.made / "자료", "--dry_run"],
    "verify": lambda given: [given.pets],
    "show": lambda given: [given.pets, "--png", given.made / "그림.png"],
    "overview": lambda given: [given.pets, "--html", given.made / "개요.html"],
    "duplicates": lambda given: [given.pets, "--html", given.made / "중복.html"],
    "coco": lambda given: [given.pets, "--out", given.made / "코코"],
    "compare": lambda given: [given.pets, given.pets, "--html", given.made / "비교.html"],
    "csv": lambda given: [given.pets, "--out", given.made / "표"],
    "predict": lambda given: ["--weight_path", given.model, "--image", given.photo],
}
MAKES_NOTHING = {"predict", "verify"}


@pytest.fixture
def given(pets, model_path, tmp_path_factory) -> Given:
    return Given(pets, model_path, tmp_path_factory.mktemp("만든 것"))


def call(name: str, *arguments: object) -> int:
    module = COMMANDS[name].module
    main = importlib.import_module(f"{module}.__main__" if module == "preprocess" else module).main
    return run_command(name, main, [str(argument) for argument in arguments])


def test_every_command_is_called():
    assert CALLS.keys() | ELSEWHERE == COMMANDS.keys()


@pytest.mark.parametrize("name", CALLS)
def test_a_pipe_gets_dated_lines_and_the_end_says_what_was_made(name, given, capsys):
    before = read_dataset(given.pets).digest
    log = given.made / "기록.log"
    assert call(name, *CALLS[name](given), "--log", log) == 0
    shown = capsys.readouterr()
    made, figures, following = check_piped(shown.out, shown.err)
    assert bool(made) == (name not in MAKES_NOTHING)
    assert len(figures) == 3
    flags = {word.removeprefix("--") for word in following if word.startswith("--")}
    assert following and flags <= list_known_flags()
    lines = log.read_text(encoding="utf-8").splitlines()
    assert all(DATED.match(line) for line in lines)
    logged = [line[20:] for line in lines]
    assert {line[20:] for line in shown.err.splitlines()} <= set(logged)
    assert logged[-1] == shown.out.splitlines()[-1] and logged[-1].startswith("next    ")
    assert read_dataset(given.pets).digest == before


@pytest.mark.parametrize("name", ["verify", "csv", "shards", "predict"])
def test_quiet_leaves_the_result_and_the_last_lines(name, given, capsys):
    assert call(name, *CALLS[name](given), "--quiet") == 0
    shown = capsys.readouterr()
    check_piped(shown.out, shown.err)
    assert [line for line in shown.err.splitlines() if " warning " not in line] == []
    assert len(shown.out.splitlines()) <= 7


def test_quiet_and_log_in_a_settings_file(given, capsys):
    config = given.made / "설정.yaml"
    config.write_text(f"quiet: true\nlog: {given.made}/기록.log\n", encoding="utf-8")
    assert call("shards", *CALLS["shards"](given), "--config", config) == 0
    shown = capsys.readouterr()
    assert [line for line in shown.err.splitlines() if " warning " not in line] == []
    assert len(shown.out.splitlines()) == 3
    assert "dry run: no shard was written" in (given.made / "기록.log").read_text(encoding="utf-8")


def test_a_terminal_has_a_bar(given, monkeypatch, capsys):
    for variable, has_bar in (("NO_COLOR", True), ("TQDM_DISABLE", False)):
        with on_terminal(monkeypatch) as end:
            monkeypatch.setenv(variable, "1")
            assert call("verify", given.pets) == 0
            shown = end()
        assert ("bytes/s" in shown) == has_bar and "\x1b" not in shown


def test_a_dataset_is_the_same_whatever_is_said(given, capsys, monkeypatch):
    source = given.pets.parent / "pets"
    settings = ("--source", source, "--crop.size", 64, "--dedupe.enabled", "false", "--shard_bytes", 60_000)
    with on_terminal(monkeypatch) as end:
        assert call("shards", *settings, "--out", given.made / "자료", "--log", given.made / "a.log") == 0
        assert "frames/s" in end()
    files = {path.name: hash_file(path) for path in given.pets.iterdir() if path.is_file()}
    assert files == {path.name: hash_file(path) for path in (given.made / "자료").iterdir() if path.is_file()}
