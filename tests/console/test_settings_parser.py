"""Settings from files and flags, and what is said of a value that does not fit."""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

import pytest
import yaml

from console.restricted_numbers import NonNegativeInt, PositiveInt, restricted_number_type
from console.settings_parser import parse_settings
from shards.errors import CallError

Part = restricted_number_type("TestPart", float, [(">", 0), ("<=", 0.25)], "above 0, at most 0.25")


@dataclass(frozen=True)
class Group:
    """A group.

    Args:
        distance: of something.
        enabled: whether it is done.
    """

    distance: NonNegativeInt | None = None
    enabled: bool = True


@dataclass(frozen=True)
class AllKinds:
    """A setting of each kind.

    Args:
        name: a text.
        folders: a list.
        bits: one of two.
        part: a part.
        workers: processes.
        group: a group.
        quick: a flag.
        debug: show tracebacks.
    """

    name: str
    folders: list[str] = field(default_factory=list)
    bits: Literal[64, 256] = 64
    part: Part = 0.1
    workers: PositiveInt | None = None
    group: Group = field(default_factory=Group)
    quick: bool = False
    debug: bool = False


def test_what_is_missing_is_named_by_its_flag():
    with pytest.raises(CallError, match=r"^the following arguments are required: --name$"):
        parse_settings(AllKinds, "nothing", "About.", [], ("quick", "debug"), {})


def parse(*arguments: str) -> AllKinds:
    special = {"folders": {"nargs": "+", "type": str, "default": []}}
    return parse_settings(AllKinds, "nothing", "About.", list(arguments), ("quick", "debug"), special)


def write_config(folder, text: str) -> str:
    (folder / "설정.yaml").write_text(text, encoding="utf-8")
    return str(folder / "설정.yaml")


def test_later_values_override_earlier_ones(tmp_path):
    config = write_config(tmp_path, "name: 이름\nbits: 256\ngroup: {distance: 3, enabled: false}\nfolders: [a, b]")
    assert parse("--config", config) == AllKinds("이름", ["a", "b"], 256, group=Group(3, False))
    assert parse("--config", config, "--group.distance", "4", "--bits=64").group == Group(4, False)
    assert parse("--workers", "2", "--config", config, "--workers=null").workers is None


def test_debug_in_a_file_is_seen_by_run_command(tmp_path):
    arguments = ["--config", write_config(tmp_path, "name: x\ndebug: true")]
    assert parse_settings(AllKinds, "nothing", "", arguments, ("quick", "debug"), {}).debug
    assert arguments[-1] == "--debug"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--bits 128", "bits is 128: give one of 64, 256"),
        ("--part 0", "part is 0: give a number above 0 and at most 0.25"),
        ("--part nan", "part is nan: give a number above 0 and at most 0.25"),
        ("--part x", "part is x: give a number"),
        ("--workers 0", "workers is 0: give a number above 0"),
        ("--workers 2.5", "workers is 2.5: give a whole number"),
        ("--workers=", "workers: give a whole number"),
        ("--group.distance -1", "group.distance is -1: give a number at least 0"),
        ("--group 3", "group is 3: give its settings by name (distance, enabled)"),
        ("--group.enabled yo", "group.enabled is yo: give true or false"),
        ('--group {"distance":-2}', "group.distance is -2: give a number at least 0"),
        ("--quick --bits 64 --workers x", "workers is x: give a whole number"),  # what is right is passed over
        ("--workers 1 --workers 0", "workers is 0: give a number above 0"),
        ("--unknown 3", "--unknown is no setting of nothing; --help lists them"),
        ("--part.unknown 3", "--part.unknown is no setting of nothing; --help lists them"),
        ("--worker 3", "--worker is no setting of nothing; did you mean --workers?"),  # no abbreviations
        ("--num_workers 3", "--num_workers is no setting of nothing; did you mean --workers?"),  # as others call it
        ("--group.distanse=3", "--group.distanse is no setting of nothing; did you mean --group.distance?"),
        ("--crop.size 3", "--crop.size is a setting of preprocess and trainer.train, not of nothing"),
        ("--probe.epochs 3", "--probe.epochs is a setting of trainer.train, not of nothing"),
        ("--workers", "argument --workers: expected one argument"),
    ],
)
def test_a_wrong_value_on_the_command_line(arguments, message):
    with pytest.raises(CallError) as raised:
        parse("--name", "3", *arguments.split())
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("workers: 0", "workers is 0: give a number above 0"),
        ("workers: 1.5", "workers is 1.5: give a whole number"),
        ("workers: true", "workers is True: give a whole number"),
        ("name: 3", "name is 3: give a text"),
        ("group: {distance: x}", "group.distance is x: give a whole number"),
        ("group.distance: x", "group.distance is x: give a whole number"),
        ("group: 3", "group is 3: give its settings by name (distance, enabled)"),
        ("group: {enabled: 1}", "group.enabled is 1: give true or false"),
        ("bits: [64]", "bits is [64]: give one of 64, 256"),
        ("folders: a", "folders takes a list in a file: folders: [DIR]"),
        ("group: {distanse: 3}", "group.distanse is no setting of nothing; did you mean group.distance?"),
        ("best: ap", "best is a setting of trainer.train and trainer.train_finder, not of nothing"),
        ("shard_bytes: 20000", "shard_bytes is a setting of preprocess, not of nothing"),
    ],
)
def test_a_wrong_value_in_a_file(tmp_path, text, message):
    with pytest.raises(CallError) as raised:
        parse("--name", "x", "--config", write_config(tmp_path, text))
    assert str(raised.value) == message


@pytest.mark.parametrize("text", ["{", "- a", "\0"])
def test_a_file_that_holds_no_settings(tmp_path, text):
    with pytest.raises(CallError):
        parse("--name", "x", "--config", write_config(tmp_path, text))


BOMB = "a: &a [x, x]\n" + "".join(f"{b}: &{b} [{(f'*{a}, ' * 9)}]\n" for a, b in pairwise("abcdefghijkl"))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("name: 이름".encode("cp949"), r"is not UTF-8 .*; save it as UTF-8"),
        (BOMB.encode(), r"line 2: aliases \(\*a\) are not read"),  # two thousand million values
        (b"name: &a [*a]", r"line 1: aliases"),
        (b"name: 1" + b"0" * 5_000, "line 1: a value of 5,001 characters; give a shorter one"),
        (b"name: " + b"[" * 3_000, "brackets within brackets without end"),
        (b"name: !!python/object/apply:os.system [id]", "could not determine a constructor"),
    ],
)
@pytest.mark.parametrize("form", ["--config={}", "--config {}"])
def test_hostile_files_are_refused_at_once(tmp_path, data, words, form):
    path = tmp_path / "run.yaml"
    path.write_bytes(data)
    with pytest.raises(CallError, match=words):
        parse(*form.format(path).split())


@pytest.mark.parametrize("given", [["--config", "nowhere.yaml"], ["--config=../xyzzy"], ["--config", ""]])
def test_a_file_that_is_not_there(given):
    with pytest.raises(CallError, match=r"there is no such file; give one, or one of .*pets, pets_train"):
        parse("--name", "x", *given)


@pytest.mark.parametrize(("given", "meant"), [("pet", "pets"), ("pets_train.yml", "pets_train")])
def test_a_file_with_a_name_that_is_nearly_right(given, meant):
    with pytest.raises(CallError, match=rf"^--config {given}: there is no such file; did you mean {meant}\?$"):
        parse("--name", "x", "--config", given)


@pytest.mark.parametrize("given", [["--config", "pets"], ["--config=pets"], ["--config", "configs/pets.yaml"]])
def test_configs_that_come_along_are_found_from_any_folder(tmp_path, monkeypatch, given):
    """A file of that name in the current folder comes first."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CallError, match="is a setting of"):  # it was read, and is another command's
        parse("--name", "x", *given)
    (tmp_path / "configs").mkdir()
    for name in ("pets", "configs/pets.yaml"):
        (tmp_path / name).write_text("bits: 256")
    assert parse("--name", "x", *given).bits == 256


def test_print_config_shows_all_settings(capsys):
    with pytest.raises(SystemExit):
        parse("--name", "x", "--group.distance", "5", "--print_config")
    shown = yaml.safe_load(capsys.readouterr().out)
    assert shown["group"] == {"distance": 5, "enabled": True} and set(shown) == {
        *AllKinds.__dataclass_fields__,
        "quiet",
        "log",
        "lang",
    }
