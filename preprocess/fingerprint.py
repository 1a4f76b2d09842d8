"""Fingerprints: short names for values, by which finished work is found again."""

import hashlib
import json


def fingerprint_of(value: object) -> str:
    """32 hexadecimal digits for a value that JSON can hold."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()
