"""Paths that a call names: what is said of URLs and of what is not there, before heavy imports, with status 2."""

import json
import re
import subprocess
import sys

import pytest

from console.calls.differences import join_some, list_changed_settings
from console.calls.given_paths import check_named_paths, refuse_urls
from console.command import run_command
from shards.errors import CallError
from tests.conftest import ROOT
from tests.console.output.told_templates import ROOMS

# Runs commands in one process; prints status and standard error of each, and which heavy libraries were imported.
CALLS = """
import contextlib, importlib, io, json, sys
from console.command import run_command
found = []
for module, arguments in json.loads(sys.argv[1]):
    main = importlib.import_module(module).main
    with contextlib.redirect_stderr(io.StringIO()) as said:
        status = run_command(module, main, arguments)
    heavy = {"matplotlib", "numba", "pandas", "pyarrow", "ray", "sklearn", "tensorflow"} & sys.modules.keys()
    found.append([status, said.getvalue(), sorted(heavy)])
print(json.dumps(found))
"""
MISSING = "없는 곳"
MODEL = "model.keras"  # stands for one that is there
CALLS_THAT_NAME_NOTHING = [
    ["preprocess.__main__", ["--source", MISSING, "--out", "out"]],
    ["preprocess.__main__", ["--source", "docs", "--valid_source", MISSING, "--out", "out"]],
    ["preprocess.__main__", ["--source", "docs", "--label_map", MISSING, "--out", "out"]],
    ["tools.inventory", [MISSING]],
    ["tools.advise", [MISSING]],
    ["tools.advise", ["docs", "--label_map", MISSING]],
    ["tools.verify", [MISSING]],
    ["tools.show", [MISSING]],
    ["tools.dataset_report", [MISSING]],
    ["tools.dedupe_report", [MISSING]],
    ["tools.to_csv", [MISSING]],
    ["trainer.train", ["--train", MISSING]],
    ["trainer.train", ["--train", f"{MISSING}.csv"]],
    ["trainer.train_finder", ["--train", MISSING]],
    ["trainer.inference", ["--weight_path", f"{MISSING}.keras", "--image", "README.md"]],
    ["trainer.export", ["--weight_path", f"{MISSING}.keras", "--out", "out"]],
    ["trainer.export", ["--weight_path", MODEL, "--image", MISSING, "--out", "out"]],
    ["tools.serve", [MISSING]],
]


def test_what_is_missing_is_said_before_heavy_imports(tmp_path):
    (tmp_path / MODEL).touch()
    given = json.dumps(CALLS_THAT_NAME_NOTHING).replace(MODEL, str(tmp_path / MODEL))
    done = subprocess.run([sys.executable, "-c", CALLS, given], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for (module, arguments), (status, said, heavy) in zip(
        CALLS_THAT_NAME_NOTHING, json.loads(done.stdout), strict=True
    ):
        call = f"{module} {' '.join(arguments)}"
        assert status == 2 and MISSING in said and len(said.splitlines()) == 1, f"{call}: {said}"
        assert not heavy, f"{call} imports {heavy} before it says so"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--image", "s3://bucket/개.jpg"], "--image s3://bucket/개.jpg: a URL is not read; copy it to this machine"),
        (["--image=https://x.kr/개.jpg"], "--image https://x.kr/개.jpg: a URL is not read"),
        (["--image", "a.jpg", "rtsp://cam/1"], "--image rtsp://cam/1: a live stream is not read; record a clip"),
        (["FILE:///data/pets"], "FILE:///data/pets: give the path alone: /data/pets"),
    ],
)
def test_urls_are_told_from_paths(arguments, words, capsys):
    assert run_command("tool", lambda _: 0, arguments) == 2
    assert capsys.readouterr().err.startswith(f"tool: {words}")


def test_some_options_take_urls_of_stores():
    refuse_urls(["--lang", "ko", "s3://bucket/멍"], "verify")
    refuse_urls(["verify", "s3://bucket/멍"], "petmood")
    refuse_urls(
        ["--source", "s3://bucket/멍", "sftp://host/a.zip", "--out=gs://bucket/pets", "--work", "s3://bucket/w"],
        "preprocess",
    )
    for given in (["--log", "s3://bucket/log"], ["https://x.kr/pets"], ["--lang", "s3://x"]):
        with pytest.raises(CallError, match="is not read"):
            refuse_urls(given, "verify")


def test_what_is_no_url_or_may_be_one():
    refuse_urls(["--address", "ray://host:10001", "--address=ray://host:1", "a//b", "C:/x", "1:2", "--box", "1,2,3,4"])


def test_named_paths(tmp_path):
    (tmp_path / "link").symlink_to("nothing")  # whoever opens it says why it cannot be read
    check_named_paths("--image", ["-", "photos/*.jpg", tmp_path, tmp_path / "link"])
    with pytest.raises(CallError, match=r"--image .*none\.jpg does not exist; give a picture, a video or a folder"):
        check_named_paths("--image", [tmp_path, tmp_path / "none.jpg"])
    with pytest.raises(
        CallError, match=r"^--weight_path runs/pets does not exist; train first \(.*\), or give another"
    ):
        check_named_paths("--weight_path", ["runs/pets"])
    for option in ("SOURCE", "--source", "--valid_source"):
        with pytest.raises(CallError, match=f"^{option} /nope does not exist; give a folder that holds label JSON"):
            check_named_paths(option, ["/nope"])


def test_every_option_that_names_a_path_says_what_to_do():
    calls = "\n".join(path.read_text("utf-8") for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    options = set(re.findall(r'check_named_paths\("([^"]+)"', calls))
    assert len(options) > 5
    for option in options:
        with pytest.raises(CallError, match="does not exist; "):
            check_named_paths(option, ["/nope"])


def test_changed_settings_in_words():
    was = {"seed": 0, "crop": {"size": 256, "grow": 1.1}, "flip": True, "best": "x"}
    now = {"seed": 1, "crop": {"size": 256, "grow": 1.2}, "flip": False, "select": {"per_video": 8}, "best": "x"}
    assert list(list_changed_settings(was, now).values()) == [
        "crop.grow was 1.1 and is 1.2",
        "flip was true and is false",
        "seed was 0 and is 1",
        "select.per_video was not given and is 8",
    ]
    assert join_some(["a", "b", "c"], 2) == "a, b and 1 more"
