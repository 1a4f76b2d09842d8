"""Fingerprints: short names for values, by which finished work is found again."""

import hashlib
import json
from functools import cache
from importlib.metadata import version


def fingerprint_of(value: object) -> str:
    """32 hexadecimal digits for a value that JSON can hold."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()


@cache
def list_library_versions() -> dict[str, str]:
    """The installed versions of the libraries that pixels, codes and the manifest's bytes depend on."""
    versions = {name: version(name) for name in ("numpy", "numba", "opencv-python-headless", "pyarrow")}
    return versions | {"tensorflow": _find_tensorflow_version()}


def _find_tensorflow_version() -> str:
    for name in ("tensorflow-cpu", "tensorflow"):
        try:
            return version(name)
        except ModuleNotFoundError:
            continue
    return "none"
