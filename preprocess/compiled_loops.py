"""Compiles the loops of preprocess for this machine: python -m preprocess.compiled_loops

numba compiles a function when it is first called, and keeps the result beside the source for the next process. Without
this, the first run on a machine waits for that, each worker by itself. `make setup` calls it.
"""

import numpy as np

from preprocess.cutting.area_resampling import resample_area, shrink_to_fit
from preprocess.cutting.jpeg_crop import encode_jpeg
from preprocess.cutting.jpeg_window import TOGETHER, Window, cut_windows
from preprocess.cutting.phash import hash_crop
from preprocess.near_duplicates.hamming_join import (
    cluster_codes,
    cluster_within_videos,
    find_nearest,
    find_nearest_others,
    order_farthest_first,
)

_CODES = 4096  # above the number up to which each is compared with each, so that all ways are taken


def compile_loops() -> None:
    """Call every compiled function with arguments of the types that runs and reports call it with."""
    pixels = np.zeros((48, 64, 3), np.uint8)
    for source in (pixels, np.frombuffer(pixels.tobytes(), np.uint8).reshape(pixels.shape)):  # decoded: read-only
        resample_area(source, 0, 0, 48, 32, 32)
        shrink_to_fit(source, 1, (48, 64), (24, 32))
    whole = encode_jpeg(pixels, 90)
    # A part of it: a window that is all of a picture needs no copy.
    assert all(cut_windows([(whole, Window(0, 0, 32, 48))] * TOGETHER)), "a plain JPEG is cut"
    for bits in (64, 256):
        hash_crop(pixels[:48, :48], bits)
    for words in (1, 4):  # hashes of 64 and 256 bits
        codes = np.random.default_rng(0).integers(0, 2**64, (_CODES, words), np.uint64)
        starts = np.array([0, _CODES // 2, _CODES])
        videos = np.repeat(np.arange(2, dtype=np.int32), _CODES // 2)
        for chosen in (None, videos):
            cluster_codes(codes, 6, chosen)
        find_nearest(codes[:100], codes, 6)
        find_nearest_others(codes, 6)
        cluster_within_videos(codes, starts, 8)
        order_farthest_first(codes, starts)


if __name__ == "__main__":
    compile_loops()
