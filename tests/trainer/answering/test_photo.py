"""Pixels as a user sees them, and squares as the shards have them."""

import contextlib
import os
import re
import warnings
import zlib

import cv2
import numpy as np
import pytest

from console.output.language import translate
from preprocess.cutting.jpeg_crop import decode_region, find_region
from preprocess.cutting.jpeg_decoder import load_decoder
from shards.crop_geometry import Crop
from shards.jpeg_headers import UnreadableImage, read_header
from tests.trees import make_image, make_jpeg
from trainer.answering.photo import decode_upright_pixels, read_upright_pixels
from trainer.answering.photo_header import read_photo_size

FORMATS = {"JPEG", "PNG", "WebP", "HEIC", "AVIF", "GIF", "TIFF", "SOF", "x"}  # 65535x65535
PLAIN = make_jpeg(1)  # 320 x 240


def list_english(text: str) -> list[str]:
    """The English words of a line, but for names of formats."""
    return [word for word in re.findall(r"[A-Za-z]+", text) if word not in FORMATS]


def encode(image: np.ndarray, ext: str, *flags: int) -> bytes:
    return cv2.imencode(ext, image, flags)[1].tobytes()


def with_orientation(image: np.ndarray, ext: str, orientation: int) -> bytes:
    exif = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0" + bytes([orientation]) + b"\0\0\0\0\0\0"
    parts = [np.frombuffer(exif, np.uint8)]
    return cv2.imencodeWithMetadata(ext, image, [cv2.IMAGE_METADATA_EXIF], parts)[1].tobytes()


# What to do with stored pixels to see them upright: the EXIF standard's eight.
TURNS = {
    1: lambda stored: stored,
    2: np.fliplr,
    3: lambda stored: np.rot90(stored, 2),
    4: np.flipud,
    5: lambda stored: stored.transpose(1, 0, 2),
    6: lambda stored: np.rot90(stored, -1),
    7: lambda stored: np.rot90(stored, 2).transpose(1, 0, 2),
    8: np.rot90,
}


@pytest.mark.parametrize("ext", [".jpg", ".png", ".webp"])
@pytest.mark.parametrize("orientation", TURNS)
def test_orientation_is_applied(ext, orientation):
    stored = make_image(1, 48, 32)
    seen = decode_upright_pixels(with_orientation(stored, ext, orientation))
    turned = {number: turn(stored[:, :, ::-1]) for number, turn in TURNS.items()}
    assert seen.shape == turned[orientation].shape
    distances = {n: np.abs(seen.astype(int) - image).mean() for n, image in turned.items() if image.shape == seen.shape}
    assert min(distances, key=distances.get) == orientation and distances[orientation] < 10


@pytest.mark.parametrize("number", range(2, 9))
def test_real_turned_photos(real_files, number):
    folder = real_files / "jpeg_edge/pillow"
    seen = read_upright_pixels(folder / f"hopper_orientation_{number}.jpg")
    upright = read_upright_pixels(folder / "hopper.jpg")
    assert seen.shape == upright.shape
    assert np.abs(seen.astype(int) - upright).mean() < 12  # its turned copies were compressed once more


def test_colours_and_depths(tmp_path):
    red = np.zeros((9, 11, 3), np.uint8)
    red[..., 2] = 255  # OpenCV writes BGR
    for ext in (".jpg", ".png", ".webp"):
        path = tmp_path / f"강아지 사진{ext}"
        path.write_bytes(encode(red, ext))
        assert np.abs(read_upright_pixels(path)[4, 4].astype(int) - (255, 0, 0)).max() < 5
    assert (decode_upright_pixels(encode(make_image(1)[:, :, 0], ".png")).std(axis=2) == 0).all()
    assert decode_upright_pixels(encode(np.full((5, 7), 30000, np.uint16), ".png"))[0, 0, 0] == 117
    clear = np.dstack([red, np.zeros((9, 11), np.uint8)])  # fully transparent
    assert decode_upright_pixels(encode(clear, ".png"))[0, 0].tolist() == [255, 0, 0]


def claim(data: bytes, width: int, height: int) -> bytes:
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + height.to_bytes(2) + width.to_bytes(2) + data[at + 4 :]


PNG, WEBP = encode(make_image(1), ".png"), encode(make_image(1), ".webp", cv2.IMWRITE_WEBP_QUALITY, 80)
# A canvas of 16777216 x 16777216 pixels, the most that the extended format can state.
HUGE_WEBP = b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + b"\xff" * 6


def claim_png(width: int, height: int) -> bytes:
    header = b"IHDR" + width.to_bytes(4) + height.to_bytes(4) + PNG[24:29]
    return PNG[:12] + header + zlib.crc32(header).to_bytes(4) + PNG[33:]


def claim_webp(width: int, height: int) -> bytes:
    return WEBP[:26] + width.to_bytes(2, "little") + height.to_bytes(2, "little") + WEBP[30:]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty file"),
        (b"hello", "no picture; JPEG, PNG and WebP can be read"),
        (b"GIF89a" + b"\0" * 50, "a GIF file"),
        (b"\0\0\0\x18ftypheic" + b"\0" * 50, "a HEIC picture"),
        (PLAIN[:-2], "no end marker"),
        (PLAIN[: len(PLAIN) // 2], "no end marker"),
        (PLAIN[:300], "truncated"),
        (b"\xff\xd8", "truncated"),
        (claim(PLAIN, 65535, 65535), "states a size of 65535x65535"),
        (claim(PLAIN, 0, 240), "states a size of 0x240"),
        (PNG[:-12], "the PNG has no end"),
        (claim_png(65536, 65536), "states a size of 65536x65536"),
        (claim_png(0, 240), "cannot be decoded"),
        (PNG[:16] + b"\0\1\0\0" * 2 + PNG[24:], "cannot be decoded"),  # which does not fit the header's checksum
        (PNG[:60] + PNG[-12:], "cannot be decoded"),
        (WEBP[:-1], "shorter than it states"),
        (WEBP[:20], "shorter than it states"),
        (WEBP[:23] + bytes(3) + WEBP[26:], "cannot be decoded"),
        (claim_webp(16383, 16383), "states too large a size; pictures of 1 to 200,000,000 pixels"),
        (HUGE_WEBP, "states too large a size"),
    ],
)
def test_what_gives_no_pixels(data, message, tmp_path, capfd):
    path = tmp_path / "사진.jpg"
    path.write_bytes(data)
    with pytest.raises(UnreadableImage, match=message) as raised:
        read_upright_pixels(path)
    assert "\n" not in str(raised.value)
    assert capfd.readouterr() == ("", "")  # decoders say nothing of their own
    korean = translate(f"inference: a: b/사진.jpg: {raised.value}")
    assert korean.startswith("inference: a: b/사진.jpg: ") and not list_english(korean.split(".jpg: ")[1])


@pytest.mark.parametrize("claim", [claim_png, claim_webp])
@pytest.mark.parametrize("size", [(1, 1), (320, 240), (12000, 9000), (16000, 12500)])
def test_large_sizes_below_the_limit_are_no_matter(claim, size):
    """Pillow by itself warns of more than 89 megapixels and refuses more than 179."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_photo_size(claim(*size)) == size


@pytest.mark.parametrize("ext", [".jpg", ".png", ".webp"])
def test_no_cut_is_taken_for_a_picture(ext):
    data = encode(make_image(2, 64, 48), ext)
    for length in range(0, len(data) - 1, max(1, len(data) // 60)):
        with pytest.raises(UnreadableImage):
            decode_upright_pixels(data[:length])


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(UnreadableImage, match="No such file"):
        read_upright_pixels(tmp_path / "없음.jpg")
    with pytest.raises(UnreadableImage, match="not a regular file"):
        read_upright_pixels(tmp_path)
    os.mkfifo(tmp_path / "a.jpg")  # nobody writes into it
    with pytest.raises(UnreadableImage, match="not a regular file"):
        read_upright_pixels(tmp_path / "a.jpg")


@pytest.fixture
def quiet_start(capfd):
    """TensorFlow, which decodes for preprocess, has been started, and its notes are not counted."""
    load_decoder()
    capfd.readouterr()


def try_preprocess(data: bytes) -> str:
    """How preprocess decodes a whole frame: good, or the reason against it."""
    try:
        header = read_header(data)
        decode_region(data, find_region(Crop(0, 0, max(header)), header, max(header)))
    except UnreadableImage as error:
        return str(error)
    return "good"


def try_photo(data: bytes) -> str:
    try:
        decode_upright_pixels(data)
    except UnreadableImage as error:
        return str(error)
    return "good"


def test_photos_and_frames_are_refused_for_the_same_reasons(quiet_start, real_files, capfd):
    outcomes, differing = [], []
    for path in sorted((real_files / "jpeg_edge").rglob("*.jp*g")):
        data = path.read_bytes()
        outcomes.append(try_photo(data))
        if data.startswith(b"\xff\xd8") and not outcomes[-1].startswith("states a size of"):  # where limits are others
            expected = try_preprocess(data)
            differing += [(outcomes[-1], expected)] * (outcomes[-1] != expected)
    # OpenCV decodes a little of what TensorFlow gives up.
    assert len(differing) <= 5 and all(expected == "its scan cannot be decoded" for _, expected in differing)
    assert outcomes.count("good") > 100 and outcomes.count("its scan cannot be decoded") > 10
    assert sum("truncated" in outcome for outcome in outcomes) > 5
    assert capfd.readouterr() == ("", "")  # of all these not one line of libjpeg's


def test_a_truncated_scan_before_an_end_marker_is_refused(quiet_start, real_files, capfd):
    """OpenCV and TensorFlow fill in what is missing; libjpeg notes it."""
    pillow = real_files / "jpeg_edge/pillow"
    sources = [PLAIN, make_jpeg(5, 64, 48, (cv2.IMWRITE_JPEG_PROGRESSIVE, 1))]
    sources += [(pillow / name).read_bytes() for name in ("hopper.jpg", "hopper_gray.jpg", "pil_sample_cmyk.jpg")]
    for data in sources:
        start = data.rindex(b"\xff\xda") + 20
        for part in np.linspace(0, 0.98, 30):
            cut = data[: int(start + (len(data) - start - 2) * part)] + b"\xff\xd9"
            assert try_photo(cut) == try_preprocess(cut) == "truncated: its scan ends before the picture does"
    assert capfd.readouterr() == ("", "")


def test_damaged_png_and_webp_are_never_decoded_in_part(capfd):
    chance = np.random.default_rng(0)
    for data in (PNG, WEBP):
        for length in chance.integers(60, len(data) - 12, 60).tolist():
            short = data[:length] + data[-12:] if data is PNG else data[:4] + (length - 8).to_bytes(4, "little")
            with pytest.raises(UnreadableImage):
                decode_upright_pixels(short + (b"" if data is PNG else data[8:length]))
    for _ in range(200):  # PNG alone has checksums
        flipped, place = bytearray(PNG), chance.integers(8, len(PNG))
        flipped[place] ^= 1 << chance.integers(8)
        with contextlib.suppress(UnreadableImage):
            assert (decode_upright_pixels(bytes(flipped)) == decode_upright_pixels(PNG)).all()
    assert capfd.readouterr() == ("", "")


def test_every_real_odd_file_is_read_or_refused(real_files):
    """No crash, no other exception; those that browsers show are read."""
    outcomes = {}
    for path in sorted((real_files / "jpeg_edge").rglob("*.jp*g")):
        try:
            outcomes[path.name] = read_upright_pixels(path).shape
        except UnreadableImage as error:
            outcomes[path.name] = str(error)
    assert outcomes["pil_sample_cmyk.jpg"] == (100, 100, 3)
    assert outcomes["jpg-progressive.jpg"] == (32, 32, 3)
    assert outcomes["hopper_bad_exif.jpg"] == (500, 500, 3)
    assert "no end marker" in outcomes["truncated_jpeg.jpg"]
    assert sum(isinstance(outcome, tuple) for outcome in outcomes.values()) > 60
