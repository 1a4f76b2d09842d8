"""The greatest distance, in bits, that the exact Hamming join accepts, by the length of the hashes.

Why these: python -m benchmarks.distance, and the README.
"""

JOIN_LIMITS = {64: 11, 256: 31}
