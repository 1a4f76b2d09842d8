"""Text in columns of a terminal, where a Hangul syllable takes two."""

import unicodedata


def measure_width(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def pad_to_width(text: str, width: int) -> str:
    """Append spaces to a text until it fills `width` columns of a terminal."""
    return text + " " * (width - measure_width(text))


def wrap_to_width(text: str, width: int) -> list[str]:
    """The lines of a text, cut between words so that each takes at most `width` columns where its words allow it."""
    lines: list[str] = []
    for word in text.split():
        if lines and measure_width(lines[-1]) + 1 + measure_width(word) <= width:
            lines[-1] += " " + word
        else:
            lines.append(word)
    return lines
