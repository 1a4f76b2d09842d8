"""HTML pages in one file: a filled-in template with its pictures and a font for the Hangul on it.

Values come from files and labels and are not trusted: the template escapes them. In a script, `tojson` escapes < and
keeps Hangul readable. Pages extend html_page.html.jinja, by which all of them have English and Korean, dark colours, a
layout for phones and one for paper.
"""

import base64
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from console.hangul_font import find_hangul_font, subset_font

_UNDEFINED = "–"
_FONT_PLACEHOLDER = "\0font\0"  # until the page's letters are known; no HTML contains a NUL


def render_page(template: Path, **values: Any) -> str:
    """Render a Jinja template to a page that shows its Hangul in browsers without a Korean font, too.

    Beside `values` the template has `font`, a data URI with the letters of the page, or None if this machine has no
    font with Hangul. Its filters are show, interval, percent and capitalize_first; say(english, korean) is a text in
    the language that the reader chooses.
    """
    page = _make_environment(template.parent).get_template(template.name)
    if find_hangul_font() is None:
        return page.render(font=None, **values)
    text = page.render(font=_FONT_PLACEHOLDER, **values)
    letters = "".join(sorted(set(text) - {"\0"}))
    return text.replace(_FONT_PLACEHOLDER, encode_data_uri("font/ttf", subset_font(letters)))


def encode_data_uri(media_type: str, data: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def put_in_both_languages(english: Any, korean: Any) -> Markup:
    """A text of a page in English and Korean, of which the page shows one. What is no Markup is escaped."""
    return Markup('<span class="en" lang="en">{}</span><span class="ko" lang="ko">{}</span>').format(english, korean)


def format_value(value: Any) -> str:
    """Format a figure with three decimals, an integer with thousands separators, None as a dash; text stays."""
    if value is None:
        return _UNDEFINED
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.3f}" if abs(value) >= 0.001 or abs(value) < 1e-9 else f"{value:.2g}"


def format_interval(interval: list[float] | None) -> str:
    return "" if interval is None else f"[{format_value(interval[0])}, {format_value(interval[1])}]"


def format_percent(share: float | None) -> str:
    """Format a share as a percentage, None as a dash. Only an exact 0 or 1 reads 0.0% or 100.0%."""
    if share is None:
        return _UNDEFINED
    if 0 < share < 0.001:
        return "under 0.1%"
    if 0.999 < share < 1:
        return "over 99.9%"
    return f"{share:.1%}"


def _capitalize(text: str) -> str:
    return text[:1].upper() + text[1:]


def _make_environment(folder: Path) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([folder, Path(__file__).parent]),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
    environment.globals["say"] = put_in_both_languages
    environment.filters |= {
        "show": format_value,
        "interval": format_interval,
        "percent": format_percent,
        "capitalize_first": _capitalize,
    }
    return environment
