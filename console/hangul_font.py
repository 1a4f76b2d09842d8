"""A font with Hangul for pictures and pages, on any machine."""

import io
from importlib.util import find_spec
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from matplotlib import font_manager

_INSTALLED = ("NanumGothic", "Noto Sans CJK KR", "Noto Sans KR", "Malgun Gothic", "Apple SD Gothic Neo", "AppleGothic")
_SOURCES = ("TSI0", "TSI1", "TSI2", "TSI3", "TSI5")  # of a font's hinting; fontTools warns that it cannot cut them


def find_hangul_font() -> str | None:
    """The name of a font family that has Hangul, ready for matplotlib; None where there is none.

    The one that koreanize-matplotlib carries, else one that is installed. Its file is enough: importing the package
    would change the settings of every plot.
    """
    package = find_spec("koreanize_matplotlib")
    for path in sorted(Path(package.origin).parent.rglob("NanumGothic.ttf")) if package and package.origin else []:
        font_manager.fontManager.addfont(path)
        return font_manager.FontProperties(fname=path).get_name()
    known = {font.name for font in font_manager.fontManager.ttflist}
    return next((name for name in _INSTALLED if name in known), None)


def cut_font(text: str) -> bytes | None:
    """A TrueType font with no more than the characters of a text, some kilobytes, to go into a page.

    None where there is no font with Hangul.
    """
    name = find_hangul_font()
    if name is None:
        return None
    font = TTFont(font_manager.findfont(name), fontNumber=0, recalcTimestamp=False)  # the same page, the same bytes
    cutter = subset.Subsetter(subset.Options(drop_tables=[*subset.Options().drop_tables, *_SOURCES]))
    cutter.populate(text=text)
    cutter.subset(font)
    file = io.BytesIO()
    font.save(file)
    return file.getvalue()
