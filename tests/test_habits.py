"""The table of habits: each row names a test that exists."""

import re

from tests.markdown_pages import ROOT, read_page

ROW = re.compile(
    r"^\| (?P<habit>[^|]+) \| (?P<source>[^|]+) \| (?P<here>[^|]+) \| `(?P<test>[^`|]+)` \|$", re.MULTILINE
)


def test_each_of_them_has_its_test():
    rows = [match.groupdict() for match in ROW.finditer(read_page("docs/habits.md"))]
    assert len(rows) >= 30 and len({row["habit"] for row in rows}) == len(rows)
    for row in rows:
        file, _, function = row["test"].partition("::")
        assert f"def {function or 'test_'}" in (ROOT / file).read_text(encoding="utf-8"), row
