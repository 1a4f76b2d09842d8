"""Dog or cat, where names tell it: one rule for labels, CSV rows, photos and clips."""

import os
import re
import unicodedata
from pathlib import Path

_SPECIES = {"cat": "cat", "고양이": "cat", "dog": "dog", "강아지": "dog"}
_NAMED = re.compile(rf"(?<![a-z])({'|'.join(_SPECIES)})(?![a-z])")


def find_species(path: str | Path) -> str | None:
    """dog or cat, where a file's name or else its folder's has that word alone, as cat-sitdown-014540 does; or None."""
    folder, name = os.path.split(os.fspath(path))
    for part in (name, os.path.basename(folder)):
        text = unicodedata.normalize("NFC", part).lower()
        if found := {_SPECIES[word] for word in _NAMED.findall(text)}:
            return found.pop() if len(found) == 1 else None
    return None
