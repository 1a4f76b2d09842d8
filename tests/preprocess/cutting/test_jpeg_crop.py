"""Crops equal a full decode, slice and resize; each odd kind of JPEG is decoded or refused as stated."""

import cv2
import numpy as np
import pytest

from preprocess.cutting.jpeg_crop import decode_crop, encode_jpeg
from shards.crop_geometry import Crop
from shards.jpeg_headers import Header, UnreadableImage, read_header
from tests.trees import make_image, make_jpeg, with_segment

PLAIN = make_jpeg(1)


def decode_plainly(data: bytes) -> np.ndarray:
    flags = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
    return cv2.imdecode(np.frombuffer(data, np.uint8), flags)


def cut_plainly(data: bytes, crop: Crop, size: int) -> np.ndarray:
    """The same crop by a full decode, a black border, a slice and a resize."""
    image = cv2.copyMakeBorder(decode_plainly(data), *[crop.size] * 4, cv2.BORDER_CONSTANT)
    x, y = crop.x + crop.size, crop.y + crop.size
    square = image[y : y + crop.size, x : x + crop.size]
    kind = cv2.INTER_AREA if crop.size >= size else cv2.INTER_LINEAR
    return cv2.resize(square, (size, size), interpolation=kind)


@pytest.mark.parametrize("width", [320, 1920])
@pytest.mark.parametrize(
    "crop",
    [
        Crop(0, 0, 200),
        Crop(13, 7, 64),  # decoded at 1/2
        Crop(21, 35, 130),
        Crop(100, 33, 31),  # enlarged
        Crop(-40, 0, 240),  # padded on one side, and on all
        Crop(-10, -60, 350),
        Crop(0, 0, 1),
    ],
)
def test_one_pass_equals_full_decode_and_resize(width, crop):
    scale = width // 320
    data = make_jpeg(3, width, 240 * scale)
    crop = Crop(*(scale * value for value in crop))
    ours = decode_crop(data, read_header(data), crop, 32)
    difference = np.abs(ours.astype(int) - cut_plainly(data, crop, 32))
    assert ours.shape == (32, 32, 3) and difference.mean() < 2 and difference.max() < 24


def test_every_corner_and_scale_of_a_real_size():
    data = make_jpeg(5, 1921, 1083)  # sides that no scale divides
    for size in (40, 100, 256, 300, 511, 513, 1083):
        for x in (0, 1921 - size):
            for y in (0, 1083 - size):
                crop = Crop(x, y, size)
                difference = np.abs(
                    decode_crop(data, read_header(data), crop, 256).astype(int) - cut_plainly(data, crop, 256)
                )
                assert difference.mean() < 2


@pytest.mark.parametrize(
    "flags",
    [
        (cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
        (cv2.IMWRITE_JPEG_RST_INTERVAL, 4),
        (cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444),
        (cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422),
    ],
)
def test_kinds_that_are_decoded(flags):
    data, crop = make_jpeg(1, 640, 480, flags), Crop(31, 17, 300)
    difference = np.abs(decode_crop(data, read_header(data), crop, 128).astype(int) - cut_plainly(data, crop, 128))
    assert difference.mean() < 2


def test_grey():
    data = cv2.imencode(".jpg", make_image(1)[:, :, 0])[1].tobytes()
    pixels = decode_crop(data, read_header(data), Crop(0, 0, 200), 64)
    assert (pixels[:, :, 0] == pixels[:, :, 1]).all() and (pixels[:, :, 1] == pixels[:, :, 2]).all()


EXIF_TURNED = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"


def test_exif_turning_is_ignored():
    turned = with_segment(PLAIN, 0xE1, EXIF_TURNED)
    assert cv2.imdecode(np.frombuffer(turned, np.uint8), cv2.IMREAD_COLOR).shape == (320, 240, 3)  # it is turned
    assert read_header(turned) == Header(320, 240)
    same = [decode_crop(data, Header(320, 240), Crop(10, 20, 150), 64) for data in (PLAIN, turned)]
    assert (same[0] == same[1]).all()


@pytest.mark.parametrize(
    "data",
    [
        PLAIN + b"\0" * 100,
        PLAIN + PLAIN,  # a second picture behind the first, as some phones write
        PLAIN[:2] + b"\xff" * 9 + PLAIN[2:],  # fill bytes
        with_segment(PLAIN, 0xE1, PLAIN),  # a thumbnail with markers of its own
    ],
)
def test_bytes_around_the_picture_are_ignored(data):
    assert read_header(data) == Header(320, 240)
    assert decode_crop(data, Header(320, 240), Crop(0, 0, 240), 64).any()


def test_a_scan_that_cannot_be_decoded():
    scan = PLAIN.index(b"\xff\xda")
    broken = PLAIN[: scan + 5] + b"\x77" + PLAIN[scan + 6 :]  # a component that the frame has not
    with pytest.raises(UnreadableImage, match="scan"):
        decode_crop(broken, read_header(broken), Crop(0, 0, 240), 64)


def test_encode_jpeg():
    pixels = make_image(1, 256, 256)
    data = encode_jpeg(pixels, 90)
    assert read_header(data) == Header(256, 256)
    assert data[data.index(b"\xff\xc0") + 11] == 0x22  # luma sampled 2 x 2: 4:2:0
    assert np.abs(decode_plainly(data).astype(int) - pixels).mean() < 3
    assert len(encode_jpeg(pixels, 50)) < len(data)


REAL_OUTCOMES = {
    "libjpeg_turbo/testorig.jpg": None,
    "libjpeg_turbo/testimgint.jpg": None,  # progressive
    "libjpeg_turbo/testimgari.jpg": "arithmetic",
    "libjpeg_turbo/monkey12.jpg": "12 bits",
    "pillow/hopper_gray.jpg": None,
    "pillow/pil_sample_cmyk.jpg": None,
    "pillow/truncated_jpeg.jpg": "no end marker",
    "pillow/hopper_orientation_6.jpg": None,
    "jpeg_decoder/empty.jpg": "empty",
    "jpeg_decoder/missing-sos.jpg": "first scan",
    "jpeg_decoder/invalid-prediction-shift.jpg": "lossless",
    "jpeg_decoder/null_height.jpg": "0x800",
}


@pytest.mark.parametrize("name", REAL_OUTCOMES)
def test_real_odd_files(real_files, name):
    data = (real_files / "jpeg_edge" / name).read_bytes()
    if REAL_OUTCOMES[name]:
        with pytest.raises(UnreadableImage, match=REAL_OUTCOMES[name]):
            read_header(data)
        return
    header = read_header(data)
    crop = Crop(0, 0, min(header))
    difference = np.abs(decode_crop(data, header, crop, 64).astype(int) - cut_plainly(data, crop, 64))
    assert difference.mean() < 3
