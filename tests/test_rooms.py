"""The shape of the source tree: which room may import which, where each heavy library is imported, sizes, and names."""

import ast
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("shards", "console", "preprocess", "trainer", "tools", "benchmarks", "chaos")
MAY_IMPORT = {
    "shards": set(),
    "console": {"shards"},
    "preprocess": {"shards", "console"},
    "trainer": {"shards", "console"},
    "tools": set(ROOMS),
    "benchmarks": set(ROOMS),
    "chaos": set(ROOMS),
}
# Library -> the modules and rooms (without .py, relative to the root) that import it; benchmarks and chaos are free.
DOORS = {
    "anyio": "tools/serving/judging",
    "PIL": "trainer/answering/photo_header trainer/answering/annotated_pictures",
    "ai_edge_litert": "trainer/finding/ssd_finder trainer/exporting/export_formats",
    "cv2": (
        "preprocess/cutting/jpeg_crop trainer/answering/photo trainer/answering/box_crop "
        "trainer/answering/video_file trainer/evaluation/example_pictures trainer/finding/ssd_finder "
        "trainer/finding/centre_finder trainer/input/batch_decoding "
        "tools/sample/canvas tools/reporting/frame_pictures tools/extracts/stored_crop"
    ),
    "filelock": "shards/storage/folder_lock",
    "fontTools": "console/hangul_font",
    "google": "shards/record",  # protobuf
    "google_crc32c": (
        "shards/dataset shards/tfrecord shards/verification shards/checking/shard_pass preprocess/cutting/frame "
        "preprocess/writing/spill"
    ),
    "jax": "trainer/training/device",
    "jinja2": "console/html_page",
    "jsonargparse": "console/restricted_numbers console/settings_parser console/calls/settings_help",
    "keras": (
        "trainer/input/augmentation trainer/input/frame_canvas trainer/model trainer/checks "
        "trainer/run_files/checkpoint trainer/hosts/shared_step "
        "trainer/training trainer/mood_training trainer/finder_training "
        "trainer/finding/centre_network trainer/finding/centre_decoding trainer/finding/centre_file trainer/exporting"
    ),
    "matplotlib": "console/hangul_font trainer/evaluation/plots tools/extracts/crop_grid",
    "msgspec": (
        "shards/dataset shards/manifest_row shards/storage/self_checksum preprocess/sources "
        "preprocess/cutting/frame_row preprocess/writing preprocess/output_folder/dry_run trainer/model/keras_archive "
        "trainer/model/mood_json trainer/finding/finder_json"
    ),
    "numba": (
        "preprocess/cutting/area_resampling preprocess/cutting/huffman_loops preprocess/cutting/scan_bits "
        "preprocess/cutting/phash_loops "
        "preprocess/near_duplicates/hamming_join_loops"
    ),
    "onnx": "trainer/exporting/export_formats",
    "onnxruntime": "trainer/model/onnx_network",
    "pandas": "",
    "paramiko": "shards/storage/stores/sftp_store",
    "pyarrow": (
        "shards/descriptions shards/manifest shards/manifest_row shards/storage/stores/cloud_store "
        "shards/checking preprocess/cutting/frame_row preprocess/writing preprocess/output_folder "
        "trainer/input/dataset_split trainer/evaluation/video_answers "
        "tools/comparison tools/overview tools/duplicates tools/extracts"
    ),
    "prometheus_client": "tools/serving/serve_metrics",
    "psutil": "preprocess/ray_processes tools/advice/machine tools/advice/task_sample",
    "ray": "preprocess/ray_cluster preprocess/task_handout trainer/hosts/ray_hosts",
    "scipy": "",
    "simplejpeg": "preprocess/cutting/jpeg_crop trainer/input/batch_decoding",
    "sklearn": "preprocess/writing/validation_split tools/overview/frame_map",
    "starlette": "tools/serving/api tools/serving/gate tools/serving/request_body",
    "tensorboard": "trainer/training/tensorboard_events",
    "tensorflow": (
        "preprocess/cutting/jpeg_decoder trainer/input trainer/exporting trainer/hosts/shared_step "
        "trainer/training/device"
    ),
    "tf2onnx": "trainer/exporting/export_formats",
    "tqdm": "console/progress",
    "uvicorn": "tools/serving/connection tools/serving/mood_server",
    "yaml": "console/settings_check",
}
MOST_FILES = 14  # of a room, without __init__.py
MOST_LINES = 300  # of a module
MOST_PARAMETERS = 10  # of a function
# Public names that two modules may define, with the reason.
HOMONYMS: dict[str, str] = {
    "PACKAGES": "of each module in benchmarks/ways, the packages whose versions are shown",
    "run": "preprocess's whole flow; and the one function of each experiment, called by the experiment's name",
}


def list_modules(*rooms: str) -> list[Path]:
    return [path for room in rooms for path in sorted((ROOT / room).rglob("*.py"))]


@cache
def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def name_module(path: Path) -> str:
    return path.relative_to(ROOT).with_suffix("").as_posix()


def list_imports(path: Path) -> set[str]:
    """The top-level packages that a module imports, anywhere in it."""
    found = set()
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").split(".")[0])
    return found


def list_functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(parse(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def _is_new_name(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def list_public_names(path: Path) -> set[str]:
    """The names that a module's own statements define at its top level."""
    names = set()
    for node in parse(path).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {name.id for target in targets for name in ast.walk(target) if _is_new_name(name)}
    return {name for name in names if not name.startswith("_") and name != "main"}


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_import_only_what_they_may(room):
    for path in list_modules(room):
        forbidden = list_imports(path) & set(ROOMS) - MAY_IMPORT[room] - {room}
        assert not forbidden, f"{name_module(path)} imports {forbidden}"


@pytest.mark.parametrize("library", DOORS)
def test_libraries_are_imported_by_their_doors_alone(library):
    modules = list_modules("shards", "console", "preprocess", "trainer", "tools")
    users = {name_module(path) for path in modules if library in list_imports(path)}
    doors = DOORS[library].split()
    elsewhere = {user for user in users if not any(user == door or user.startswith(f"{door}/") for door in doors)}
    assert not elsewhere, f"{library} is imported by {elsewhere}"
    unused = [door for door in doors if not any(user == door or user.startswith(f"{door}/") for user in users)]
    assert not unused, f"{library} is not imported by {unused}"


def test_no_file_has_a_name_that_says_nothing():
    names = {path.stem for path in list_modules(*ROOMS)}
    assert not names & {"utils", "util", "common", "helpers", "helper", "base", "misc"}


def test_one_public_name_stands_for_one_thing():
    modules = defaultdict(list)
    for path in list_modules(*ROOMS):
        for name in list_public_names(path):
            modules[name].append(name_module(path))
    several = {name: places for name, places in modules.items() if len(places) > 1}
    assert several.keys() == HOMONYMS.keys(), several


def test_no_room_is_crowded():
    folders = {path.parent for path in list_modules(*ROOMS)}
    counts = {name_module(folder): len(set(folder.glob("*.py")) - {folder / "__init__.py"}) for folder in folders}
    assert not {folder: count for folder, count in counts.items() if count > MOST_FILES}


def test_no_module_is_long():
    lines = {name_module(path): len(path.read_text(encoding="utf-8").splitlines()) for path in list_modules(*ROOMS)}
    assert not {module: count for module, count in lines.items() if count > MOST_LINES}


def test_no_function_has_many_parameters():
    found = {}
    for path in list_modules(*ROOMS):
        for function in list_functions(path):
            parameters = function.args
            count = len(parameters.posonlyargs) + len(parameters.args) + len(parameters.kwonlyargs)
            is_compiled = any("njit" in ast.unparse(decorator) for decorator in function.decorator_list)
            if count > MOST_PARAMETERS and not is_compiled:  # numba's loops take arrays one by one
                found[f"{name_module(path)}.{function.name}"] = count
    assert not found


def test_nothing_names_an_index_or_a_path_of_a_machine():
    texts = [*ROOT.glob("requirements/*"), *ROOT.glob("*.md"), ROOT / "Makefile", ROOT / "pyproject.toml"]
    for path in texts:
        assert not re.search(r"index-url|/simple/|/root/|/home/", path.read_text()), path


@pytest.mark.parametrize(
    ("module", "library"),
    [
        ("preprocess.run", "tensorflow"),  # the driver's memory
        ("preprocess.run", "sklearn"),  # a second before a bad call is said
        ("preprocess.run", "numba"),  # the driver needs it behind the video tasks, which start without waiting for it
        ("preprocess.settings", "numba"),  # --help
        ("preprocess.output_folder.dry_run", "sklearn"),  # pages about a dry run
        ("preprocess.output_folder.run_log", "jsonargparse"),  # tools.verify
        ("trainer.settings", "keras"),  # --help
        ("trainer.finder_settings", "keras"),
        ("trainer.finding.finder_file", "keras"),  # a LiteRT file needs none
        ("tools.serve", "starlette"),  # an extra; without it the command says what to install
    ],
)
def test_light_modules_do_without_heavy_libraries(module, library):
    code = f"import {module}, sys; sys.exit({library!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=ROOT).returncode == 0
