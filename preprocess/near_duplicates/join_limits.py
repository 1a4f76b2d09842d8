"""The greatest distance, in bits, that the exact Hamming join accepts, by the length of the hashes.

benchmarks/join.py and benchmarks/distance.py measure why these; docs/performance.md has their results.
"""

JOIN_LIMITS = {64: 11, 256: 31}
