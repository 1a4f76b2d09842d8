"""What the README and the pages in docs/ name is there: commands, flags, files and links; docs/tree.md names it all."""

import re
import subprocess
from collections import Counter
from dataclasses import fields, is_dataclass
from pathlib import PurePosixPath
from typing import get_type_hints

import pytest

from preprocess.settings import PreprocessSettings
from tests.markdown_pages import (
    PAGES,
    ROOT,
    list_anchors,
    list_code_spans,
    list_commands,
    list_flags,
    list_links,
    read_page,
)
from trainer.answer_flags import ANSWER_FLAGS
from trainer.finder_settings import FinderSettings
from trainer.settings import TrainSettings

TARGETS = set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
ROOMS = ("shards", "console", "preprocess", "trainer", "tools", "benchmarks", "chaos")
MADE = ("data/", "runs/", "checkpoints/")  # folders that commands make
LINE = re.compile(r"^(?P<indent> *)- `(?P<name>[^`]+)` - (?P<clause>.+)$", re.MULTILINE)


def list_settings(settings: type, prefix: str = "") -> set[str]:
    """Names of settings as flags: seed, box.policy."""
    kinds = get_type_hints(settings)
    names = set()
    for field in fields(settings):
        name, kind = prefix + field.name, kinds[field.name]
        names |= {name} | (list_settings(kind, f"{name}.") if is_dataclass(kind) else set())
    return names


def list_known_flags() -> set[str]:
    """The flags of all commands: those that a parser is given by name, and settings."""
    sources = "".join(path.read_text() for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    named = set(re.findall(r'"--([a-z_]+)"', sources))
    return (
        named
        | ANSWER_FLAGS.keys()
        | list_settings(PreprocessSettings)
        | list_settings(TrainSettings)
        | list_settings(FinderSettings)
        | {"config", "print_config", "help"}
    )


def list_tree() -> list[str]:
    """Paths that docs/tree.md has a clause for, folders with a slash at their end."""
    paths, above = [], []
    for match in LINE.finditer(read_page("docs/tree.md")):
        above = [*above[: len(match["indent"]) // 2], match["name"]]
        paths.append("".join(above))
    return paths


def list_repository() -> set[str]:
    """Every folder, and every Python file outside of tests/, as docs/tree.md is to name them."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("no git checkout: which files belong to it is not known")
    paths = [PurePosixPath(name) for name in listed.stdout.split("\0") if name and (ROOT / name).exists()]
    paths = [PurePosixPath("tests/x") if path.parts[0] == "tests" else path for path in paths]
    folders = {f"{folder}/" for path in paths for folder in path.parents if folder.name}
    return folders | {str(path) for path in paths if path.suffix == ".py" and path.name != "__init__.py"}


@pytest.mark.parametrize("page", PAGES)
def test_commands_exist(page):
    for command in list_commands(read_page(page)):
        words = command.split()
        if words[0] == "make":
            assert len(words) == 1 or words[1] in TARGETS, command
        else:
            module = words[2].replace(".", "/")
            assert words[1] == "-m", command
            assert (ROOT / f"{module}.py").exists() or (ROOT / module / "__main__.py").exists(), command


@pytest.mark.parametrize("page", PAGES)
def test_make_targets_and_modules_in_the_text_exist(page):
    for code in list_code_spans(read_page(page)):
        if found := re.match(r"make ([a-z]+)", code):
            assert found[1] in TARGETS, code
        if found := re.match(r"python -m ((?:[a-z_]+\.?)+)", code):
            module = ROOT / found[1].replace(".", "/")
            assert module.with_suffix(".py").exists() or (module / "__main__.py").exists(), code


@pytest.mark.parametrize("page", PAGES)
def test_flags_exist(page):
    assert list_flags(read_page(page)) <= list_known_flags()


@pytest.mark.parametrize("page", PAGES)
def test_files_exist(page):
    names = [code for code in list_code_spans(read_page(page)) if re.fullmatch(r"(?:[\w.]+/)+(?:\w+\.\w+)?", code)]
    inside = set(list_tree()) if page == "docs/tree.md" else set()
    for name in names:
        known = name.startswith(MADE) or any(path.endswith(name) for path in inside)
        assert known or (ROOT / name).exists(), name


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    for link in list_links(read_page(page)):
        if not link.startswith("https://"):
            path, _, anchor = link.partition("#")
            target = ((ROOT / page).parent / path).resolve() if path else ROOT / page
            assert target.exists(), link
            assert not anchor or anchor in list_anchors(target.read_text()), link


@pytest.mark.parametrize("page", PAGES)
def test_no_page_names_an_index_or_a_path_of_a_machine(page):
    assert not re.search(r"index-url|/simple/|/root/|/home/|/work/|/tmp/", read_page(page))


def test_every_page_is_reached_from_the_readme():
    linked = {link.partition("#")[0] for link in list_links(read_page("README.md"))}
    korean = {link.partition("#")[0] for link in list_links(read_page("README.ko.md"))}
    assert {page for page in PAGES if page.startswith("docs/")} <= linked | korean


def test_the_tree_has_one_clause_for_every_folder_and_file():
    named, there = Counter(list_tree()), list_repository()
    problems = [f"without a line: {path}" for path in sorted(there - named.keys())]
    problems += [f"not there: {path}" for path in sorted(named.keys() - there)]
    problems += [f"named twice: {path}" for path, count in sorted(named.items()) if count > 1]
    assert not problems, "docs/tree.md:\n" + "\n".join(problems)
