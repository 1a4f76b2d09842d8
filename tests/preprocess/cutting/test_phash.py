import cv2
import numpy as np
import pytest
from scipy.fft import dctn

from preprocess.cutting import phash_loops
from preprocess.cutting.area_resampling import resample_area
from preprocess.cutting.phash import hash_crop
from tests.trees import make_image

CROP = make_image(1, 256, 256)
both_kinds = pytest.mark.parametrize("bits", [64, 256])


def distance(a: np.ndarray, b: np.ndarray, bits: int) -> int:
    return (hash_crop(a, bits).code ^ hash_crop(b, bits).code).bit_count()


def make_mosaic() -> np.ndarray:
    """Blocks of computed values, (256, 256, 3) uint8, which no change of a random number generator can alter."""
    pixels = (np.arange(256 * 256 * 3, dtype=np.int64) * 2654435761 % 2**32 >> 24).astype(np.uint8)
    return cv2.resize(pixels.reshape(256, 256, 3)[:13, :13], (256, 256), interpolation=cv2.INTER_NEAREST)


def reencode(pixels: np.ndarray, quality: int) -> np.ndarray:
    return cv2.imdecode(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)


@both_kinds
@pytest.mark.parametrize(
    ("edit", "most"),  # bits of 64; a quarter more of them for each of 256
    [
        (lambda p: p, 0),
        (lambda p: reencode(p, 90), 2),
        (lambda p: reencode(p, 40), 4),
        (lambda p: cv2.convertScaleAbs(p, alpha=0.8), 4),
        (lambda p: cv2.GaussianBlur(p, (5, 5), 0), 4),
        (lambda p: cv2.add(p, 10), 8),  # the brightest parts saturate
    ],
)
def test_edits_stay_near(edit, most, bits):
    assert distance(CROP, edit(CROP), bits) <= most * bits // 64


@both_kinds
def test_other_pictures_are_far(bits):
    distances = [distance(CROP, make_image(seed, 256, 256), bits) for seed in range(2, 40)]
    assert min(distances) > 12 * bits // 64 and 28 < np.mean(distances) * 64 / bits < 36


@both_kinds
def test_about_half_the_bits_are_set(bits):
    counts = [hash_crop(make_image(seed, 256, 256), bits).code.bit_count() for seed in range(20)]
    assert all(bits // 2 - 2 <= count <= bits // 2 for count in counts)


def test_detail_separates_featureless_crops():
    black, flat = np.zeros((256, 256, 3), np.uint8), np.full((256, 256, 3), 128, np.uint8)
    noise = np.random.default_rng(0).integers(0, 12, (256, 256, 3), np.uint8)
    assert hash_crop(black).detail == hash_crop(flat).detail == 0
    assert hash_crop(noise).detail < 1000 < hash_crop(CROP).detail


@pytest.mark.parametrize("size", [32, 47, 64, 256, 300])  # 256 bits read a crop of fewer than 64 pixels enlarged
def test_detail_is_the_same_for_both(size):
    pixels = make_image(2, size, size)
    assert hash_crop(pixels, 64).detail == hash_crop(pixels, 256).detail > 1000


@both_kinds
def test_equals_the_floating_point_dct_hash(bits):
    """The hash by SciPy's floating-point DCT of the same luma: bits differ only for coefficients at the median."""
    side, lowest = {64: (32, 8), 256: (64, 16)}[bits]
    for seed in range(20):
        pixels = make_image(seed, 256, 256)
        luma = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)[:, :, None]
        reduced = resample_area(luma, 0, 0, 256, side, side)[:, :, 0].astype(np.float64)
        frequencies = dctn(reduced, norm="ortho")[:lowest, :lowest].ravel()
        above = frequencies - np.median(frequencies)
        code = hash_crop(pixels, bits).code.to_bytes(bits // 8)
        differs = np.unpackbits(np.frombuffer(code, np.uint8)) != (above > 0)
        assert np.all(np.abs(above[differs]) < 0.01)  # of grey levels up to 255 times the side


@both_kinds
def test_equals_the_hash_made_with_opencv(bits):
    """The hash by OpenCV alone, whose area resampling rounds in floating point: at most one bit of 64 differs."""
    side, lowest = {64: (32, 8), 256: (64, 16)}[bits]
    for seed in range(20):
        pixels = make_image(seed, 256, 256)
        luma = cv2.resize(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), (side, side), interpolation=cv2.INTER_AREA)
        frequencies = cv2.dct(luma.astype(np.float64))[:lowest, :lowest]
        expected = np.packbits(frequencies > np.median(frequencies)).tobytes()
        assert (hash_crop(pixels, bits).code ^ int.from_bytes(expected)).bit_count() <= bits // 64


@pytest.mark.parametrize(
    ("bits", "code"),
    [
        (64, 0xDDBAD25A49D80D2A),
        (256, 0xD5D8AAF612A758B209A758490DE72272EE075B89B4871FF6B207C8FCCDF8E009),
    ],
)
def test_golden(bits, code):
    """Codes are the same on every CPU and never change, because datasets contain them."""
    assert hash_crop(make_mosaic(), bits) == (code, 33033)


def test_bits_are_rows_first_and_the_first_is_the_highest():
    """A vertical wave is in the first column of coefficients, a horizontal one in the first row."""
    wave = np.cos(np.pi * (np.arange(256) + 0.5) / 256 * 3) * 100 + 128
    down = np.repeat(np.repeat(wave[:, None], 256, axis=1)[:, :, None], 3, axis=2).astype(np.uint8)
    for bits, side in ((64, 8), (256, 16)):
        first = 1 << (bits - 1)
        assert hash_crop(down, bits).code & (first >> 3 * side) and not hash_crop(down, bits).code & (first >> 3)
        assert hash_crop(down.transpose(1, 0, 2).copy(), bits).code & (first >> 3)


def hash_as_first_written(pixels: np.ndarray, bits: int) -> tuple[int, int]:
    """The hash by OpenCV's luma and NumPy's products, a step at a time: what datasets were made with."""
    count, side = {64: (8, 32), 256: (16, 64)}[bits]
    rows, columns = np.arange(count)[:, None], np.arange(side)[None, :]
    dct = np.cos(np.pi * rows * (2 * columns + 1) / (2 * side)) * np.sqrt(2 / side)
    dct[0] /= np.sqrt(2)
    dct = np.rint(dct * 2**14)
    luma = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)[:, :, None]
    shrunk = {to: resample_area(luma, 0, 0, len(luma), to, to)[:, :, 0].astype(np.float64) for to in (32, side)}
    coefficients = (dct @ shrunk[side] @ dct.T).ravel()
    ordered = np.sort(coefficients)
    above = 2 * coefficients > ordered[bits // 2 - 1] + ordered[bits // 2]
    detail = sum(np.abs(np.diff(shrunk[32], axis=axis)).sum() for axis in (0, 1))
    return int.from_bytes(np.packbits(above).tobytes()), int(detail)


@both_kinds
@pytest.mark.parametrize("size", [*range(32, 68), 96, 100, 127, 128, 160, 255, 256, 257, 320, 512, 700, 1024])
def test_equals_the_hash_as_it_was_first_written(size, bits):
    rng = np.random.default_rng(size)
    noise = rng.integers(0, 256, (size, size, 3), np.uint8)
    waves = cv2.resize(noise[:5, :5], (size, size), interpolation=cv2.INTER_CUBIC)
    flat = np.full((size, size, 3), size % 256, np.uint8)
    for pixels in (noise, waves, flat, make_image(size, size, size)):
        assert hash_crop(pixels, bits) == hash_as_first_written(pixels, bits)


def test_equals_the_hash_as_it_was_first_written_on_real_pictures(real_files):
    for path in sorted((real_files / "boxes").rglob("*.jpg"))[:20]:
        image = cv2.imread(str(path))[:, :, ::-1]
        side = min(image.shape[:2])
        for size in (side, 256, 64):
            pixels = cv2.resize(np.ascontiguousarray(image[:side, :side]), (size, size), interpolation=cv2.INTER_AREA)
            for bits in (64, 256):
                assert hash_crop(pixels, bits) == hash_as_first_written(pixels, bits)


def test_the_luma_of_every_colour_is_opencv_s():
    colours = np.arange(2**24, dtype=np.uint32).view(np.uint8).reshape(4096, 4096, 4)[:, :, :3].copy()
    assert np.array_equal(phash_loops._make_luma(colours), cv2.cvtColor(colours, cv2.COLOR_RGB2GRAY))


@both_kinds
def test_layout_and_permissions_do_not_matter(bits):
    wide = np.repeat(CROP, 2, axis=1)
    fixed = CROP.copy()
    fixed.flags.writeable = False
    odd = np.frombuffer(bytearray(b"x" + CROP.tobytes()), np.uint8)[1:].reshape(CROP.shape)  # no word begins here
    for pixels in (wide[:, ::2], fixed, np.asfortranarray(CROP), odd):
        assert hash_crop(pixels, bits) == hash_crop(CROP, bits)
    loops = phash_loops.hash_pixels_shortly if bits == 64 else phash_loops.hash_pixels
    assert len(loops.signatures) == 1
