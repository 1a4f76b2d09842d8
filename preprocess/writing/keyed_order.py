"""The orders that names and the seed alone decide: of all records, and of the frames of one video."""

import hashlib

import numpy as np

from preprocess.near_duplicates.hamming_join_loops import splitmix64


def shuffle_key(key: str, seed: int) -> int:
    """64 bits that place a record in the global order: a hash of the frame's key, keyed by the seed.

    It depends on nothing else, so neither the number of workers nor a restart changes the order.
    """
    secret = seed.to_bytes(16, "little")
    return int.from_bytes(hashlib.blake2b(key.encode(), key=secret, digest_size=8).digest())


def rank_in_video(keys: np.ndarray) -> np.ndarray:
    """64 bits that place each frame among those of its video, (n,) uint64, from the shuffle keys, (n,) uint64.

    By the shuffle key itself, the first frames of every video would all lie in the first shards.
    """
    return splitmix64(keys)
