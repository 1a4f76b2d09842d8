"""Dog or cat, where names tell it."""

import re
import unicodedata
from pathlib import Path

_SPECIES = {"cat": "cat", "고양이": "cat", "dog": "dog", "강아지": "dog"}
_NAMED = re.compile(rf"(?<![a-z])({'|'.join(_SPECIES)})(?![a-z])")


def find_species(path: str | Path) -> str | None:
    """dog or cat, where a file's name or else its folder's has that word alone, as cat-sitdown-014540 does; or None."""
    path = Path(path)
    for part in (path.name, path.parent.name):
        text = unicodedata.normalize("NFC", part).lower()
        if found := {_SPECIES[word] for word in _NAMED.findall(text)}:
            return found.pop() if len(found) == 1 else None
    return None
