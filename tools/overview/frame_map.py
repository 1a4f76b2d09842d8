"""A map of frames: places in a square such that frames with like codes lie near each other, by t-SNE."""

from typing import Any

import numpy as np

FEWEST_FRAMES = 10  # below, a map says nothing
_PERPLEXITY = 30.0  # about how many neighbours count
_STEPS = 500


def place_on_map(codes: np.ndarray, metric: str, seed: int) -> np.ndarray | None:
    """Places (n, 2) from 0 to 1 for codes (n, bits) or features (n, width); None where there are too few or all alike.

    `metric` is "hamming" for codes and "cosine" for features. One thread, so that the same input on the same machine
    gives the same places.
    """
    if len(codes) < FEWEST_FRAMES or (codes == codes[0]).all():
        return None
    from sklearn.manifold import TSNE  # takes a second, which a page without a map need not wait
    from threadpoolctl import threadpool_limits

    perplexity = min(_PERPLEXITY, (len(codes) - 1) / 3)
    settings: dict[str, Any] = {"metric": metric, "init": "random", "random_state": seed, "max_iter": _STEPS}
    with threadpool_limits(1):
        places = TSNE(perplexity=perplexity, **settings).fit_transform(codes.astype(np.float32))
    low, high = places.min(axis=0), places.max(axis=0)
    return (places - low) / np.maximum(high - low, 1e-9)


def unpack_hashes(hashes: list[bytes]) -> np.ndarray:
    """The bits (n, bits) of hashes, bool."""
    return np.unpackbits(np.frombuffer(b"".join(hashes), np.uint8).reshape(len(hashes), -1), axis=1).astype(bool)
