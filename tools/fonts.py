"""A font with Hangul for pictures, on any machine."""

from importlib.util import find_spec
from pathlib import Path

from matplotlib import font_manager

_INSTALLED = ("NanumGothic", "Noto Sans CJK KR", "Noto Sans KR", "Malgun Gothic", "Apple SD Gothic Neo", "AppleGothic")


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
