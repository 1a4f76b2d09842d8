"""Renders a comparison as one HTML page."""

from pathlib import Path
from typing import Any

from console.html_page import render_page
from shards.storage.stores.remote_path import AnyPlace
from tools.comparison.comparison_text import (
    KOREAN_FIGURES,
    KOREAN_PARTS,
    describe_comparison,
    describe_comparison_in_korean,
    describe_group,
    describe_pairing,
    describe_pairing_in_korean,
)
from trainer.evaluation.run_page import escape_surrogates

_TEMPLATE = Path(__file__).with_name("comparison.html.jinja")
_MOST_KEYS = 50  # of each kind of change on the page
_CHANGES = {  # title in both languages
    "came": ("Rows that only B has", "B에만 있는 행"),
    "went": ("Rows that only A has", "A에만 있는 행"),
    "status": ("Rows whose status changed", "상태가 바뀐 행"),
    "split": ("Rows whose split changed", "분할이 바뀐 행"),
    "mood": ("Rows whose mood changed", "감정이 바뀐 행"),
}


def render_comparison_page(a: AnyPlace, b: AnyPlace, found: dict[str, Any]) -> str:
    """The page as HTML."""
    return render_page(
        _TEMPLATE,
        a=escape_surrogates(str(a)),
        b=escape_surrogates(str(b)),
        found=found,
        lines=describe_comparison(found),
        korean=describe_comparison_in_korean(found),
        changes=_CHANGES,
        korean_figures=KOREAN_FIGURES,
        parts=KOREAN_PARTS,
        describe=describe_group,
        pairing=(describe_pairing(found), describe_pairing_in_korean(found)) if found["kind"] == "runs" else None,
        most=_MOST_KEYS,
    )
