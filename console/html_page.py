"""A page that needs nothing else: a template filled in, pictures inside it, and a font for the Hangul that it shows.

Names come from files and labels and are never trusted: the template escapes them, and `tojson` puts values into a
script with < escaped and Hangul as it is.
"""

import base64
from pathlib import Path
from typing import Any

import jinja2

from console.hangul_font import cut_font, find_hangul_font

_DASH = "–"
_FONT = "\0font\0"  # stands in the page until its letters are known; no HTML holds a NUL


def render_page(template: Path, **values: Any) -> str:
    """The page, rendered once; a browser without a Korean font shows its Hangul too.

    The template finds `font` beside the values: a data URI, or None where this machine has no font with Hangul. Its
    filters: show, interval, percent, capitalize_first.
    """
    page = _environment(template.parent).get_template(template.name)
    if find_hangul_font() is None:
        return page.render(font=None, **values)
    text = page.render(font=_FONT, **values)
    return text.replace(_FONT, embed("font/ttf", cut_font("".join(sorted(set(text) - {"\0"})))))


def embed(kind: str, data: bytes) -> str:
    """Bytes of a media type as a data URI."""
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def show(value: Any) -> str:
    """A figure as the page has it: three digits, whole numbers in groups, a dash for what is undefined."""
    if value is None:
        return _DASH
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.3f}" if abs(value) >= 0.001 or abs(value) < 1e-9 else f"{value:.2g}"


def show_interval(interval: list[float] | None) -> str:
    return "" if interval is None else f"[{show(interval[0])}, {show(interval[1])}]"


def show_percent(share: float | None) -> str:
    """A share as a percentage that never rounds something to nothing, nor a part to the whole; a dash for None."""
    if share is None:
        return _DASH
    if 0 < share < 0.001:
        return "under 0.1%"
    if 0.999 < share < 1:
        return "over 99.9%"
    return f"{share:.1%}"


def _capitalize(text: str) -> str:
    return text[:1].upper() + text[1:]


def _environment(folder: Path) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
    filters = {"show": show, "interval": show_interval, "percent": show_percent, "capitalize_first": _capitalize}
    environment.filters |= filters
    return environment
