"""Reads the README and the pages in docs/: their commands, names, links, flags and figures."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGES = sorted(str(path.relative_to(ROOT)) for folder in (ROOT, ROOT / "docs") for path in folder.glob("*.md"))
PAIRS = [(page, korean) for page in PAGES if (korean := page.replace(".md", ".ko.md")) in PAGES]

_BLOCK = re.compile(r"```\w*\n(.*?)```", re.DOTALL)
_FIGURE = re.compile(r"(?<![\d.,])(\d+(?:,\d{3})*(?:\.\d+)?)(?![.,]?\d) ?(%|million|billion|만|억)?")
_SCALES = {"million": 1_000_000, "billion": 1_000_000_000, "만": 10_000, "억": 100_000_000}


def read_page(page: str) -> str:
    return (ROOT / page).read_text()


def list_commands(text: str) -> list[str]:
    """Lines of code blocks that call make or python, without their comments."""
    lines = [line.split("#")[0].strip() for block in _BLOCK.findall(text) for line in block.splitlines()]
    return [line for line in lines if line.startswith(("make", "python"))]


def list_code_spans(text: str) -> list[str]:
    """What stands in backticks within a line."""
    return re.findall(r"`([^`\n]+)`", _BLOCK.sub("", text))


def list_flags(text: str) -> set[str]:
    """Flags that commands and code spans name, without their dashes."""
    code = "\n".join(list_commands(text) + list_code_spans(text))
    return set(re.findall(r"--([a-z][\w.]*)", code))


def list_links(text: str) -> list[str]:
    """Targets of links and pictures."""
    return re.findall(r"\]\(([^)]+)\)", _BLOCK.sub("", text))


def list_anchors(text: str) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", _BLOCK.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def list_figures(text: str) -> list[str]:
    """All numbers outside of code blocks, as digits: 2.13 million and 213만 are 2130000."""
    figures = []
    for digits, unit in _FIGURE.findall(_BLOCK.sub("", text)):
        value = float(digits.replace(",", "")) * _SCALES.get(unit, 1)
        figures.append(f"{value:.10g}{'%' if unit == '%' else ''}")
    return sorted(figures)
