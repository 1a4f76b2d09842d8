"""A page in English and its Korean page say the same, and the README begins with what to type."""

import re

import pytest

from tests.markdown_pages import PAIRS, list_code_spans, list_commands, list_figures, list_links, read_page


def test_the_pages_that_are_read_first_are_there_in_korean():
    assert {english for english, _ in PAIRS} >= {"README.md", "docs/preprocess.md", "docs/trainer.md"}


@pytest.mark.parametrize(("english", "korean"), PAIRS)
class TestPair:
    def test_they_name_the_same_commands(self, english, korean):
        assert list_commands(read_page(english)) == list_commands(read_page(korean))

    def test_they_have_as_many_headings(self, english, korean):
        levels = [re.findall(r"^#+ ", read_page(page), re.MULTILINE) for page in (english, korean)]
        assert levels[0] == levels[1]

    def test_they_give_the_same_figures(self, english, korean):
        assert list_figures(read_page(english)) == list_figures(read_page(korean))

    def test_they_name_the_same_files_settings_and_values(self, english, korean):
        assert set(list_code_spans(read_page(english))) == set(list_code_spans(read_page(korean)))

    def test_they_link_to_each_other(self, english, korean):
        assert korean.split("/")[-1] in list_links(read_page(english))
        assert english.split("/")[-1] in list_links(read_page(korean))


def test_the_two_commands_come_first():
    for page in ("README.md", "README.ko.md"):
        text = read_page(page)
        assert text.index("make demo") < text.index("make test") < text.index("make shards")
        assert list_commands(text)[:2] == ["make demo", "make test"]
