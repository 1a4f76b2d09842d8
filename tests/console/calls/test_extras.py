"""What is said of a package that is not installed names only what works from a checkout."""

import re
import tomllib

import pytest

from console.calls.extras import EXTRAS, explain_missing_packages, list_missing
from tests.conftest import ROOT
from tests.markdown_pages import PAGES


def test_each_package_comes_with_its_extra():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    for package, extra in EXTRAS.items():
        assert any(
            re.split(r"[>=<\[; ]", needed)[0].replace("-", "_") in (package, f"{package}_cpu")
            for needed in extras[extra]
        ), package


def test_the_text():
    assert explain_missing_packages("starlette", "uvicorn") == (
        "starlette and uvicorn are not installed: make setup, or pip install '.[serve]', in the checkout of pet mood"
    )
    assert list_missing(("json", "no_such_package_anywhere")) == ["no_such_package_anywhere"]


@pytest.mark.parametrize("room", ["shards", "console", "preprocess", "trainer", "tools"])
def test_no_message_names_a_package_that_no_index_has(room):
    for path in (ROOT / room).rglob("*.py"):
        found = re.findall(r"pip install (?!'\.\[)\S+", path.read_text())
        assert not found, path


@pytest.mark.parametrize("page", PAGES)
def test_no_page_does(page):
    assert "pip install pet-mood" not in (ROOT / page).read_text()
    assert "pip install 'pet-mood" not in (ROOT / page).read_text()
