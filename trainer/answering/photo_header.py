"""The size that a photo's header states, and whether the file is complete. No pixel is decoded.

JPEG headers are read by shards.jpeg_headers, as in preprocess; PNG and WebP headers by Pillow.
"""

import io

from PIL import Image
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from shards.jpeg_headers import UnreadableImage, read_header

MAX_PHOTO_PIXELS = 200_000_000  # as the largest phone cameras make; 0.6 GB decoded. A header may claim any size
JPEG_START = b"\xff\xd8"

_PNG_START, _PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"
_WEBP_HEADER_BYTES = 30
_SIZE_LIMITS = f"pictures of 1 to {MAX_PHOTO_PIXELS:,} pixels can be read"
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_OTHER_KINDS = {b"GIF8": "GIF", b"BM": "BMP", b"II*\0": "TIFF", b"MM\0*": "TIFF", b"%PDF": "PDF"}

# Pillow refuses a WebP of more than twice this many pixels before it allocates memory for it.
Image.MAX_IMAGE_PIXELS = MAX_PHOTO_PIXELS // 2


def read_photo_size(data: bytes) -> tuple[int, int]:
    """Return the stored width and height in pixels of a whole JPEG, PNG or WebP file.

    Raises UnreadableImage for another kind of file, a truncated one, and a size that is 0 or above MAX_PHOTO_PIXELS.
    """
    width, height = _read_size(data)
    if not 0 < width * height <= MAX_PHOTO_PIXELS:
        raise UnreadableImage(f"states a size of {width}x{height}; {_SIZE_LIMITS}")
    return width, height


def _read_size(data: bytes) -> tuple[int, int]:
    if not data:
        raise UnreadableImage("empty file")
    if data.startswith(JPEG_START):
        return read_header(data)
    if data.startswith(_PNG_START):
        if _PNG_END not in data:
            raise UnreadableImage("truncated: the PNG has no end")
        return _read_size_with_pillow(PngImageFile, data)
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        if len(data) < max(_WEBP_HEADER_BYTES, 8 + int.from_bytes(data[4:8], "little")):
            raise UnreadableImage("truncated: the WebP is shorter than it states")
        return _read_size_with_pillow(WebPImageFile, data)
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS:
        raise UnreadableImage(
            "a HEIC picture, which cannot be read: save it as JPEG in a viewer, or let the phone's camera make JPEG "
            "(iPhone: Settings, Camera, Formats, Most Compatible)"
        )
    raise UnreadableImage(f"{_name_file_kind(data)}; JPEG, PNG and WebP can be read, save it as one of them")


def _read_size_with_pillow(reader: type[PngImageFile] | type[WebPImageFile], data: bytes) -> tuple[int, int]:
    """Read the header with one of Pillow's readers: unlike Image.open, they do not warn of large pictures."""
    try:
        with reader(io.BytesIO(data)) as image:
            return image.size
    except Image.DecompressionBombError as error:
        raise UnreadableImage(f"states too large a size; {_SIZE_LIMITS}") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise UnreadableImage("cannot be decoded: damaged or cut off") from error


def _name_file_kind(data: bytes) -> str:
    if data[4:8] == b"ftyp":
        return "an AVIF picture or a video"
    return next((f"a {name} file" for start, name in _OTHER_KINDS.items() if data.startswith(start)), "no picture")
