"""Other bytes from good ones: a few changes of the kinds by which parsers have been broken before."""

import random
from collections.abc import Sequence

_NUMBERS = (
    *(0, 1, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF),
    *(0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 2**63 - 1, 2**64 - 1),
)
_WORDS = (
    *(b"\0", b"\xff", b"\xef\xbb\xbf", b"\xff\xfe", b"\xed\xa0\x80", b"../", b"..\\", b"/etc/passwd", b"C:\\", b"%s%n"),
    *(b"null", b"true", b"NaN", b"-Infinity", b"1e999", b"-1", b"0.5", b"1" * 5_000, b'"', b"\\ud800", b"\\u0000"),
    *(
        b"[" * 2_000,
        b'{"a":' * 2_000,
        b"<a>" * 2_000,
        b"&x;",
        b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>",
    ),
    *(b"{}", b"[]", b"\r\n", b"\n", b",", b"'", b"!!python/object/apply:os.system [id]", b"&a [*a]", b"<script>"),
    "감정".encode("cp949"),
)
_MOST_BYTES = 1 << 18  # of what a mutation makes


def mutate(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    """`data` after one to eight changes; `others` are inputs of the same kind, parts of which may come in."""
    found = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 2, 4, 8))):
        _change(found, others, chance)
    return bytes(found[:_MOST_BYTES])


def _change(found: bytearray, others: Sequence[bytes], chance: random.Random) -> None:
    at = chance.randrange(len(found) + 1)
    length = chance.choice((1, 2, 4, 8, 32, 256))
    match chance.randrange(9):
        case 0 | 1:
            if at < len(found):
                found[at] ^= 1 << chance.randrange(8)
        case 2:
            found[at : at + length] = chance.randbytes(length)
        case 3:
            del found[at : at + length]
        case 4:
            number, size = chance.choice(_NUMBERS), chance.choice((1, 2, 4, 8))
            found[at : at + size] = (number % (1 << 8 * size)).to_bytes(size, chance.choice(("big", "little")))
        case 5:
            word = chance.choice(_WORDS)
            found[at : at + chance.choice((0, len(word)))] = word
        case 6:
            start = chance.randrange(len(found) + 1)
            found[at:at] = found[start : start + length]
        case 7:
            other = chance.choice(others)
            start = chance.randrange(len(other) + 1)
            found[at : at + chance.choice((0, length))] = other[start : start + length]
        case 8:
            if chance.random() < 0.3:
                del found[at:]
            else:  # digits, of which sizes and places in text are
                places = [place for place, byte in enumerate(found[at : at + 4_096], at) if 48 <= byte <= 57]
                if places:
                    found[chance.choice(places)] = chance.choice(b"0123456789-.eE")
