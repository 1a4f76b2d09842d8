"""What a file is by its first bytes. Names and stated media types are not believed.

FFmpeg chooses a reader by content as well: only containers that are known here reach it, no playlist or script that
names other files.
"""

HEAD_BYTES = 16  # enough to tell
_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")  # with which an MP4 or a QuickTime file begins
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_STARTS = {
    b"\xff\xd8": "photo",
    b"\x89PNG\r\n\x1a\n": "photo",
    b"\x1aE\xdf\xa3": "clip",  # Matroska, WebM
    b"\x00\x00\x01\xba": "clip",  # MPEG program stream
    b"\x00\x00\x01\xb3": "clip",  # MPEG video
    b"0&\xb2u\x8ef\xcf\x11": "clip",  # ASF: WMV
    b"GIF8": "GIF",
    b"BM": "BMP",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"%PDF": "PDF",
}
_READABLE_KOREAN = "JPEG, PNG, WebP 사진과 MP4, MOV, WebM, MKV, AVI 동영상을 볼 수 있어요."
_READABLE_ENGLISH = "JPEG, PNG and WebP photos and MP4, MOV, WebM, MKV and AVI clips can be read"


def find_kind(head: bytes) -> str:
    """Photo, clip, the name of a kind that cannot be read, such as HEIC, or unknown; from the first HEAD_BYTES."""
    if head[4:8] == b"ftyp" and head[8:12] in _HEIC_BRANDS:
        return "HEIC"
    if head[4:8] == b"ftyp" and head[8:12] in (b"avif", b"avis"):
        return "AVIF"
    if head[4:8] in _BOXES:
        return "clip"
    if head[:4] == b"RIFF":
        return {b"WEBP": "photo", b"AVI ": "clip"}.get(head[8:12], "unknown")
    return next((kind for start, kind in _STARTS.items() if head.startswith(start)), "unknown")


def describe_kind(kind: str) -> tuple[str, str]:
    """Say in Korean and in English that a kind of file cannot be read, and what to do."""
    if kind == "HEIC":
        return (
            "HEIC 사진은 읽을 수 없어요. JPEG로 저장해서 보내 주세요(아이폰: 설정 > 카메라 > 포맷 > 높은 호환성).",
            "HEIC pictures cannot be read; save it as JPEG (iPhone: Settings > Camera > Formats > Most Compatible)",
        )
    if kind == "unknown":
        return f"사진도 동영상도 아닌 파일이에요. {_READABLE_KOREAN}", f"no photo and no clip; {_READABLE_ENGLISH}"
    return f"{kind} 파일은 읽을 수 없어요. {_READABLE_KOREAN}", f"{kind} files cannot be read; {_READABLE_ENGLISH}"
