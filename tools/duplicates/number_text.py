"""Numbers as the near-duplicate page and its messages write them."""

import re

_KOREAN_UNITS = {"s": "초", "min": "분", "h": "시간"}
_ROUND_STEPS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15)


def format_duration(seconds: float) -> str:
    """As 0.5 s, 42 s, 3 min 20 s or 5 h 0 min."""
    whole = round(seconds)
    if seconds < 10:
        return f"{seconds:.2g} s"
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def format_korean_duration(seconds: float) -> str:
    """The same in Korean, as 42초 or 3분 20초."""
    return re.sub(r" ([a-z]+)", lambda match: _KOREAN_UNITS[match[1]], format_duration(seconds))


def abbreviate_number(number: float) -> str:
    """As 1.5 M, 250 k or 12, for the axis of a chart."""
    for size, letter in ((1_000_000, " M"), (1000, " k")):
        if number >= size:
            return f"{number / size:.4g}{letter}"
    return f"{number:.3g}"


def round_up_axis(number: float) -> int:
    """The end of a chart's axis: at least `number`, and with round numbers at each quarter."""
    size = 4
    while size * _ROUND_STEPS[-1] < number:
        size *= 10
    return next(size * step for step in _ROUND_STEPS if size * step >= number)
