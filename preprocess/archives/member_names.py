"""Names of the members of archives: decoded, and refused where they would lead out of the archive's own folder."""

import unicodedata


def decode_member_name(name: bytes, is_utf8: bool = False) -> str:
    """A member's name as the manifest writes it: composed (NFC), "/" between its parts, no empty parts and no ".".

    Without the archive's UTF-8 flag a name may still be UTF-8 (macOS, Linux), or CP949 (Korean Windows). Hardly any
    CP949 name is valid UTF-8, so UTF-8 is tried first. Bytes that are neither are written as \\xNN.
    """
    for encoding in ("utf-8",) if is_utf8 else ("utf-8", "cp949"):
        try:
            return _drop_empty_parts(unicodedata.normalize("NFC", name.decode(encoding)).replace("\\", "/"))
        except UnicodeDecodeError:
            continue
    return _drop_empty_parts(unicodedata.normalize("NFC", name.decode("utf-8", "backslashreplace")))


def _drop_empty_parts(name: str) -> str:
    """A name without what a disk passes over: ./a//b is a/b. A "/" at the beginning or the end stays."""
    if "//" not in name and "./" not in name:
        return name
    first, *inner = name.split("/")
    *inner, last = inner or [""]
    kept = [part for part in inner if part not in ("", ".")]
    return "/".join([*([] if first == "." else [first]), *kept, last])


def is_inside(name: str) -> bool:
    """Whether a member's name stays below the folder that its archive stands for."""
    return (
        bool(name)
        and "\0" not in name
        and not name.startswith("/")
        and name[1:2] != ":"
        and ".." not in name.split("/")
    )
