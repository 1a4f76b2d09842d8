"""Text in columns of a terminal, where a Hangul syllable takes two."""

import unicodedata


def pad_to_width(text: str, width: int) -> str:
    """Append spaces to a text until it fills `width` columns of a terminal."""
    columns = sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
    return text + " " * (width - columns)
