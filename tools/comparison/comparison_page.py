"""Renders a comparison as one HTML page."""

from pathlib import Path
from typing import Any

from console.html_page import render_page
from tools.comparison.comparison_text import describe_comparison, describe_comparison_in_korean, describe_group
from trainer.evaluation.run_page import escape_surrogates

_TEMPLATE = Path(__file__).with_name("comparison.html.jinja")
_MOST_KEYS = 50  # of each kind of change on the page
_CHANGES = {
    "came": "Rows that only B has",
    "went": "Rows that only A has",
    "status": "Rows whose status changed",
    "split": "Rows whose split changed",
    "mood": "Rows whose mood changed",
}


def render_comparison_page(a: Path, b: Path, found: dict[str, Any]) -> str:
    """The page as HTML."""
    return render_page(
        _TEMPLATE,
        a=escape_surrogates(str(a)),
        b=escape_surrogates(str(b)),
        found=found,
        lines=describe_comparison(found),
        korean=describe_comparison_in_korean(found),
        changes=_CHANGES,
        describe=describe_group,
        most=_MOST_KEYS,
    )
