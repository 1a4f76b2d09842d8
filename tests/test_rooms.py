"""The rooms keep to themselves, and each heavy library comes in by one door."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {
    "shards": set(),
    "console": {"shards"},
    "preprocess": {"shards", "console"},
    "trainer": {"shards", "console"},
}
DOORS = {
    "ray": {"preprocess/ray_cluster.py"},
    "cv2": {
        "preprocess/cutting/jpeg_crop.py",
        "preprocess/cutting/phash.py",
        "trainer/answering/box_crop.py",
        "trainer/answering/photo.py",
        "trainer/answering/video_file.py",
    },
    "PIL": {"trainer/answering/photo_header.py"},
    "tensorflow": {
        "preprocess/cutting/jpeg_crop.py",
        "trainer/answering/photo.py",
        "trainer/input/batch_decoding.py",
        "trainer/input/frames_per_video.py",
        "trainer/training/device.py",
        "trainer/model/export_formats.py",
        "trainer/input/pipeline.py",
    },
    "pyarrow": {
        "shards/manifest.py",
        "shards/verification.py",
        "preprocess/writing/spill.py",
        "preprocess/writing/shard_plan.py",
        "preprocess/writing/publication.py",
        "trainer/input/dataset_split.py",
    },
    "sklearn": {"preprocess/writing/validation_split.py"},
    "numba": {
        "preprocess/near_duplicates/hamming_join_loops.py",
        "preprocess/near_duplicates/hamming_join.py",
        "preprocess/cutting/area_resampling.py",
    },
    "jsonargparse": {"console/settings_parser.py", "preprocess/settings.py", "trainer/settings.py"},
    "matplotlib": {"console/hangul_font.py", "trainer/evaluation/plots.py"},
    "jinja2": {"console/html_page.py"},
}
OURS = ("shards", "console", "preprocess", "trainer", "tools", "benchmarks")


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
    rooms = sources("shards", "console", "preprocess", "trainer")
    users = {str(path.relative_to(ROOT)) for path in rooms if library in imports(path)}
    assert users == DOORS[library]


def test_no_file_is_named_for_nothing():
    names = {path.stem for path in sources(*OURS)}
    assert not names & {"utils", "util", "common", "helpers", "helper", "base", "misc"}


def test_nothing_names_an_index_or_a_path_of_a_machine():
    texts = [*ROOT.glob("requirements/*"), *ROOT.glob("*.md"), ROOT / "Makefile", ROOT / "pyproject.toml"]
    for path in texts:
        assert not re.search(r"index-url|/simple/|/root/|/home/", path.read_text()), path
