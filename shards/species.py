"""Dog or cat, where a file name says so. Labels, CSV rows, photos and clips share this rule."""

import os
import re
import unicodedata
from pathlib import Path

_SPECIES = {"cat": "cat", "고양이": "cat", "dog": "dog", "강아지": "dog"}
_SPECIES_WORD = re.compile(rf"(?<![a-z])({'|'.join(_SPECIES)})(?![a-z])")


def find_species_in_path(path: str | Path) -> str | None:
    """Return "dog" or "cat" where a file's name contains that word (cat-sitdown-014540), or else its folder's name.

    None where neither contains one, or the first that does contains both.
    """
    folder, name = os.path.split(os.fspath(path))
    for part in (name, os.path.basename(folder)):
        text = unicodedata.normalize("NFC", part).lower()
        if found := {_SPECIES[word] for word in _SPECIES_WORD.findall(text)}:
            return found.pop() if len(found) == 1 else None
    return None
