"""Names of the members of archives: decoded, and refused where they would lead out of the archive's own folder."""

import unicodedata


def decode_member_name(name: bytes, is_utf8: bool = False) -> str:
    """A member's name as the manifest writes it: composed (NFC), "/" between its parts.

    Without the archive's UTF-8 flag a name may still be UTF-8 (macOS, Linux), or CP949 (Korean Windows). Hardly any
    CP949 name is valid UTF-8, so UTF-8 is tried first. Bytes that are neither are written as \\xNN.
    """
    for encoding in ("utf-8",) if is_utf8 else ("utf-8", "cp949"):
        try:
            return unicodedata.normalize("NFC", name.decode(encoding)).replace("\\", "/")
        except UnicodeDecodeError:
            continue
    return unicodedata.normalize("NFC", name.decode("utf-8", "backslashreplace"))


def is_inside(name: str) -> bool:
    """Whether a member's name stays below the folder that its archive stands for."""
    return (
        bool(name)
        and "\0" not in name
        and not name.startswith("/")
        and name[1:2] != ":"
        and ".." not in name.split("/")
    )
