"""A font with Hangul for plots and pages."""

import io
from importlib.util import find_spec
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from matplotlib import font_manager

_KNOWN_FAMILIES = (
    *("NanumGothic", "Noto Sans CJK KR", "Noto Sans KR"),
    *("Malgun Gothic", "Apple SD Gothic Neo", "AppleGothic"),
)
_HINTING_SOURCES = ("TSI0", "TSI1", "TSI2", "TSI3", "TSI5")  # dropped: fontTools cannot subset these tables and warns


def find_hangul_font() -> str | None:
    """Find a font family with Hangul and make it known to matplotlib. Returns its name, None if there is none.

    The font of koreanize-matplotlib comes first, then installed ones. Only the package's font file is used: importing
    the package would change the settings of every plot.
    """
    package = find_spec("koreanize_matplotlib")
    for path in sorted(Path(package.origin).parent.rglob("NanumGothic.ttf")) if package and package.origin else []:
        font_manager.fontManager.addfont(path)
        return font_manager.FontProperties(fname=path).get_name()
    known = {font.name for font in font_manager.fontManager.ttflist}
    return next((name for name in _KNOWN_FAMILIES if name in known), None)


def find_hangul_font_file() -> Path | None:
    """The file of that font, None if there is none."""
    name = find_hangul_font()
    return Path(font_manager.findfont(name)) if name else None


def subset_font(text: str) -> bytes | None:
    """Cut the Hangul font down to the characters of a text: a TrueType font of some kilobytes for a page.

    Returns None if there is no font with Hangul.
    """
    path = find_hangul_font_file()
    if path is None:
        return None
    font = TTFont(path, fontNumber=0, recalcTimestamp=False)  # same text, same bytes
    subsetter = subset.Subsetter(subset.Options(drop_tables=[*subset.Options().drop_tables, *_HINTING_SOURCES]))
    subsetter.populate(text=text)
    subsetter.subset(font)
    file = io.BytesIO()
    font.save(file)
    return file.getvalue()
