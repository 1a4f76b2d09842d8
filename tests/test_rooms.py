"""The rooms keep to themselves, and each heavy library comes in by one door."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {"shards": set(), "preprocess": {"shards"}, "trainer": {"shards"}}
DOORS = {
    "ray": {"preprocess/cluster.py"},
    "cv2": {"preprocess/codec.py", "preprocess/phash.py", "trainer/codec.py", "trainer/clips.py"},
    "tensorflow": {
        "preprocess/codec.py",
        "trainer/codec.py",
        "trainer/decoding.py",
        "trainer/device.py",
        "trainer/export.py",
        "trainer/pipeline.py",
    },
    "pyarrow": {
        "shards/manifest.py",
        "shards/verification.py",
        "preprocess/spill.py",
        "preprocess/plan.py",
        "preprocess/assembly.py",
        "trainer/data.py",
    },
    "sklearn": {"preprocess/split.py"},
    "numba": {"preprocess/bands.py", "preprocess/hamming.py", "preprocess/resample.py"},
    "jsonargparse": {"shards/configuration.py", "preprocess/settings.py", "trainer/settings.py"},
    "matplotlib": {"trainer/fonts.py", "trainer/plots.py"},
    "jinja2": {"trainer/page.py"},
}
OURS = ("shards", "preprocess", "trainer", "tools", "benchmarks")


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").split(".")[0])
    return found


def sources(*rooms: str) -> list[Path]:
    return [path for room in rooms for path in sorted((ROOT / room).rglob("*.py"))]


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_rooms_import_only_what_they_may(room):
    for path in sources(room):
        strangers = imports(path) & set(OURS) - MAY_IMPORT[room] - {room}
        assert not strangers, f"{path} imports {strangers}"


@pytest.mark.parametrize("library", DOORS)
def test_libraries_come_in_by_their_doors(library):
    rooms = sources("shards", "preprocess", "trainer")
    users = {str(path.relative_to(ROOT)) for path in rooms if library in imports(path)}
    assert users == DOORS[library]


def test_no_file_is_named_for_nothing():
    names = {path.stem for path in sources(*OURS)}
    assert not names & {"utils", "util", "common", "helpers", "helper", "base", "misc"}


def test_nothing_names_an_index_or_a_path_of_a_machine():
    texts = [*ROOT.glob("requirements/*"), *ROOT.glob("*.md"), ROOT / "Makefile", ROOT / "pyproject.toml"]
    for path in texts:
        assert not re.search(r"index-url|/simple/|/root/|/home/", path.read_text()), path
