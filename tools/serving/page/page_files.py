"""The files of the page, in memory from the start: their paths are a fixed list, so none leads to another file."""

import string
from functools import cache
from pathlib import Path
from typing import NamedTuple

from console.hangul_font import subset_font

_FOLDER = Path(__file__).parent
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_SCRIPTS = ("page.js", "about.js", "ask.js", "cards.js", "mood_plot.js", "pet_view.js", "words.js")
_NAMES = ("page.html", "page.css", "icon.svg", *_SCRIPTS)
# The 2,350 syllables of KS X 1001, which are those of nearly all Korean texts: errors and sentences come at any time.
_SYLLABLES = bytes(byte for row in range(0xB0, 0xC9) for cell in range(0xA1, 0xFF) for byte in (row, cell))
_ASCII = string.printable[:-5]


class PageFile(NamedTuple):
    content: bytes
    media_type: str


@cache
def load_page_files() -> dict[str, PageFile]:
    """All files of the page by their paths, the page itself as /, and a font with Hangul if there is one."""
    texts = {name: (_FOLDER / name).read_text("utf-8") for name in _NAMES}
    font = subset_font(_SYLLABLES.decode("euc-kr") + _ASCII + "".join(sorted(set("".join(texts.values())) - {"\n"})))
    files = {f"/{name}": PageFile(text.encode(), _TYPES[Path(name).suffix]) for name, text in texts.items()}
    files["/"] = files.pop("/page.html")
    return files | ({"/hangul.ttf": PageFile(font, "font/ttf")} if font else {})
