"""The Dockerfile, as far as it can be tested without Docker: it copies what is there, and all that is installed."""

import re
import tomllib
from fnmatch import fnmatch

import pytest

from console.petmood import COMMANDS
from tests.conftest import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text()
PAGE = (ROOT / "docs" / "development.md").read_text()


def list_copied(kind: str) -> list[str]:
    lines = re.findall(r"^COPY (.+)$", DOCKERFILE, re.MULTILINE)
    return [name.replace("${KIND}", kind) for line in lines for name in line.split()[:-1]]


@pytest.mark.parametrize("kind", ["cpu", "gpu"])
def test_what_is_copied_is_there(kind):
    assert not [name for name in list_copied(kind) if not (ROOT / name).exists()]
    assert f"requirements/{kind}.lock" in list_copied(kind)


def test_all_packages_and_what_pyproject_names_are_copied():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    copied = list_copied("cpu")
    for pattern in project["tool"]["setuptools"]["packages"]["find"]["include"]:
        assert any(fnmatch(name, pattern) for name in copied), pattern
    assert {project["project"]["readme"], *project["project"]["license-files"]} <= set(copied)
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert not [name for name in copied if name.split("/")[0] in ignored]


def test_its_command_is_one_that_is_installed_and_its_python_is_allowed():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (entry,) = re.findall(r'^ENTRYPOINT \["(\w+)"\]$', DOCKERFILE, re.MULTILINE)
    assert entry in project["scripts"]
    assert re.search(r"^FROM python:3\.(11|12|13)-slim$", DOCKERFILE, re.MULTILINE)
    assert project["requires-python"] == ">=3.11,<3.14"


def test_what_the_page_runs_in_it_are_commands_and_configs():
    called = re.findall(r"^pets .*?pet-mood(?::gpu)? (\w+)(.*)$", PAGE, re.MULTILINE)
    assert len(called) >= 4 and not [name for name, _ in called if name not in COMMANDS]
    for config in re.findall(r"--config (\w+)", " ".join(arguments for _, arguments in called)):
        assert (ROOT / "configs" / f"{config}.yaml").exists()
    assert "KIND=gpu" in PAGE and "ARG KIND=cpu" in DOCKERFILE
