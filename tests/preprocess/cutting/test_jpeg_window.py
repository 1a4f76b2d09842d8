"""Plain JPEGs are decoded from a window of their own: the same pixels and errors as by TensorFlow's decoder."""

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from preprocess.cutting.jpeg_crop import Region, decode_by_tensorflow, decode_region, decode_regions, find_region
from preprocess.cutting.jpeg_window import Window, cut_windows
from shards.crop_geometry import Crop
from shards.jpeg_headers import MAX_FRAME_PIXELS, UnreadableImage, read_header
from tests.trees import make_image, make_jpeg

SAMPLINGS = [getattr(cv2, f"IMWRITE_JPEG_SAMPLING_FACTOR_{name}") for name in ("411", "420", "422", "440", "444")]
RNG = np.random.default_rng(4)


def draw_regions(data: bytes, count: int) -> list[Region]:
    """Regions of random crops, at all scales, some of them partly outside."""
    header, regions = read_header(data), []
    while len(regions) < count:
        size = int(RNG.integers(1, max(header) + 1))
        x, y = (int(RNG.integers(-size // 2, side)) for side in header)
        region = find_region(Crop(x, y, size), header, int(RNG.choice([8, 32, 256])))
        left, top, right, bottom = region.inside
        if left < right and top < bottom:
            regions.append(region)
    return regions


def is_plain(data: bytes) -> bool:
    return cut_windows([(data, Window(0, 0, 8, 8))]) != [None]


def assert_same(jpegs: list[tuple[bytes, Region]]) -> int:
    """Check the pixels or the error of each; return how many were not left to TensorFlow."""
    for (data, region), found in zip(jpegs, decode_regions(jpegs), strict=True):
        expected = decode_by_tensorflow(data, region)
        assert type(found) is type(expected), region
        if isinstance(found, UnreadableImage):
            assert str(found) == str(expected)
        else:
            np.testing.assert_array_equal(found.pixels, expected.pixels, err_msg=str(region))
    return sum(is_plain(data) for data, _ in jpegs)


@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_all_samplings_qualities_and_tables(sampling):
    jpegs = []
    for quality in (5, 60, 100):
        for optimized in (0, 1):
            for image in (make_image(quality, 333, 250), make_image(quality, 333, 250)[:, :, 0]):
                flags = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_OPTIMIZE, optimized]
                flags += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling]
                data = cv2.imencode(".jpg", image, flags)[1].tobytes()
                jpegs += [(data, region) for region in draw_regions(data, 6)]
    assert assert_same(jpegs) >= 0.8 * len(jpegs)  # a table made for a picture may lack a code that a window needs


def test_others_beside_them_change_nothing():
    """Pictures of several sizes and kinds, in groups of three: one is left to TensorFlow, or ends first."""
    kinds = [make_jpeg(1, 320, 240), make_jpeg(2, 64, 48), make_jpeg(3, 320, 240, (cv2.IMWRITE_JPEG_PROGRESSIVE, 1))]
    jpegs = [(data, region) for _ in range(8) for data in kinds for region in draw_regions(data, 1)]
    RNG.shuffle(jpegs)
    together = decode_regions(jpegs)
    for (data, region), decoded in zip(jpegs, together, strict=True):
        np.testing.assert_array_equal(decoded.pixels, decode_region(data, region))


def test_what_is_left_to_tensorflow():
    assert is_plain(make_jpeg(1)) and is_plain(make_jpeg(1) + b"after the end")
    assert not is_plain(make_jpeg(1, flags=(cv2.IMWRITE_JPEG_PROGRESSIVE, 1)))
    assert not is_plain(make_jpeg(1, flags=(cv2.IMWRITE_JPEG_RST_INTERVAL, 4)))
    whole = make_jpeg(1)
    assert not is_plain(whole[: len(whole) // 2] + b"\xff\xd9") and not is_plain(whole[:200]) and not is_plain(b"")


def change_header(data: bytes, marker: int, place: int, values: bytes) -> bytes:
    """A JPEG with other bytes in the first segment of a kind; `place` counts from its marker."""
    begin = data.index(bytes([0xFF, marker])) + place
    return data[:begin] + values + data[begin + len(values) :]


def test_headers_that_simplejpeg_refuses_are_left_to_tensorflow():
    """One such file among many would otherwise end a run. Some are faults, of which a picture is rejected."""
    whole = make_jpeg(1, 100, 60, (cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444))
    rare = make_jpeg(1, 100, 60, (cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_411))
    frame = rare.index(b"\xff\xc0") + 11
    refused = {
        "no quantization table": change_header(whole, 0xC0, 12, b"\3"),
        "a number of a table that there is not": change_header(whole, 0xDB, 4, b"\7"),
        "a table of 16 bits that is too short": change_header(whole, 0xDB, 4, b"\x10"),
        "a warning of JFIF's version": change_header(whole, 0xE0, 9, b"\3"),
        "a warning of Adobe's transform": whole[:2] + b"\xff\xee\0\x0eAdobe\0d\0\0\0\0\7" + whole[20:],
        "a sampling without a name, in blocks as 4:1:1": rare[:frame] + b"\x14" + rare[frame + 1 :],
        "a sampling that libjpeg does not know": change_header(make_jpeg(1, 100, 60), 0xC0, 14, b"\x21"),
    }
    for name, data in refused.items():
        header = read_header(data)
        whole_region = Region(1, 0, 0, *header, (0, 0, *header))
        jpegs = [(data, region) for region in [whole_region, *draw_regions(data, 3)]]
        for found in decode_regions(jpegs):
            assert isinstance(found, UnreadableImage) or not found.is_plain, name
        assert_same(jpegs)


def test_a_side_that_libjpeg_refuses_is_refused_of_a_window_too():
    """A grey picture of one value: two bits a block, its DC difference of no bits and the block's end."""
    flat = cv2.imencode(".jpg", np.full((8, 8), 128, np.uint8))[1].tobytes()
    tables = b"\xff\xc4\0\x14\0\1" + bytes(15) + b"\0" + b"\xff\xc4\0\x14\x10\1" + bytes(15) + b"\0"
    scan = flat.index(b"\xff\xda")
    for width, is_fine in ((65_500, True), (65_501, False)):
        blocks = -(-width // 8)
        codes = bytes(blocks * 2 // 8) + (b"" if blocks % 4 == 0 else bytes([0xFF >> blocks % 4 * 2]))
        data = change_header(
            flat[:scan] + tables + flat[scan : scan + 10] + codes + b"\xff\xd9", 0xC0, 7, width.to_bytes(2)
        )
        assert is_plain(data) is is_fine
        assert_same([(data, Region(1, 8, 0, 24, 8, (8, 0, 24, 8)))])


def damage(data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(RNG.integers(1, 4)):
        kind, place = RNG.integers(3), int(RNG.integers(2, len(changed)))
        if kind == 0:
            changed[place] ^= 1 << int(RNG.integers(8))
        elif kind == 1:
            del changed[place : place + int(RNG.integers(1, 40))]
        else:
            changed[place:place] = RNG.bytes(int(RNG.integers(1, 10)))
    return bytes(changed)


def test_damage_has_the_same_outcome():
    jpegs = []
    for place in range(600):
        data = damage(make_jpeg(place % 3, 320, 240))
        try:
            header = read_header(data)
        except UnreadableImage:
            continue
        if header.width * header.height < 1_000_000:
            jpegs += [(data, region) for region in draw_regions(data, 1)]
    plain = assert_same(jpegs)
    assert 0.2 * len(jpegs) < plain < 0.8 * len(jpegs)


def test_real_odd_files_have_the_same_outcome(real_files):
    jpegs = []
    for folder, _, names in os.walk(real_files / "jpeg_edge"):
        for name in sorted(names):
            data = Path(folder, name).read_bytes()
            try:
                header = read_header(data)
            except UnreadableImage:
                continue
            if header.width * header.height <= MAX_FRAME_PIXELS:
                whole = Region(1, 0, 0, *header, (0, 0, *header))
                jpegs += [(data, region) for region in [whole, *draw_regions(data, 3)]]
    assert 50 < assert_same(jpegs) < len(jpegs)
