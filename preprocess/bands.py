"""The loops of the Hamming join: codes in buckets by some of their bits, bucket compared with bucket.

Codes are cut into bands. Where two codes differ by at most d bits and the bands' radii r satisfy sum(r + 1) = d + 1,
then in at least one band they differ by no more than its radius (the pigeonhole principle, as in multi-index hashing:
Norouzi, Punjani, Fleet 2012). So codes are compared only where a band of the one is that of the other or a neighbour
of it, and no pair is missed. Of the pairs nothing is kept but each query's nearest: memory is linear in the codes,
whatever they are.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations
from math import comb
from typing import Any, NamedTuple

import numba
import numpy as np
from numba.extending import intrinsic

NONE = -1  # the place of a code that is not there

_WIDEST = 16  # bits of a band: the bounds of its 65,536 buckets fit the second-level cache
_VISIT = 8  # what looking into a bucket costs, in comparisons
_LONG = np.uint64(128)  # codes of a bucket, from which on looking at only those above a query pays
_VECTOR = np.uint64(32)  # codes that the loops compare in one turn
_SMALL = 20_000  # queries for which threads do not pay
_CHUNKS = 64  # of the buckets, shared out among the threads


class Groups(NamedTuple):
    """For each code which other stands for it.

    of: int64 (n,), the place of that one, NONE where there is none; distance: int16 (n,), the bits in which the two
    differ, 0 where there is none.
    """

    of: np.ndarray
    distance: np.ndarray


class Rule(NamedTuple):
    """Which codes count for a query: those placed before it, those but itself; and whether any near one will do."""

    above: bool = False
    other: bool = False
    any: bool = False


class Band(NamedTuple):
    """Neighbouring bits of a code, and how many of them may differ."""

    word: int
    shift: int
    width: int
    radius: int

    @property
    def masks(self) -> np.ndarray:
        """All differences that are within the radius, the fewest bits first, (masks,) int64."""
        bits = [1 << place for place in range(self.width)]
        return np.array([sum(some) for r in range(self.radius + 1) for some in combinations(bits, r)], np.int64)


def plan_bands(bits: int, distance: int, codes: int) -> list[Band]:
    """The bands that make a join against so many codes cheapest."""
    widest = min(_WIDEST, max(1, codes.bit_length() - 2))
    layouts = [_lay_bands(bits, distance, count, widest) for count in range(1, distance + 2)]
    return min(layouts, key=lambda bands: sum(_estimate_cost(band, codes) for band in bands))


def _lay_bands(bits: int, distance: int, count: int, widest: int) -> list[Band]:
    words = bits // 64
    in_word = -(-count // words)  # bands do not cross words
    width = min(64 // in_word, widest)
    radii = [(distance + 1) // count - 1 + (place < (distance + 1) % count) for place in range(count)]
    return [Band(p % words, p // words * (64 // in_word), width, radius) for p, radius in enumerate(radii)]


def _estimate_cost(band: Band, codes: int) -> float:
    """Comparisons for a query."""
    masks = sum(comb(band.width, differ) for differ in range(band.radius + 1))
    return masks * (codes / 2**band.width + _VISIT)


def join(
    queries: np.ndarray,
    codes: np.ndarray,
    distance: int,
    rule: Rule,
    asked: np.ndarray | None = None,
    placed: np.ndarray | None = None,
) -> Groups:
    """For each query what the rule says of the codes; `asked` and `placed` are the places of queries and codes."""
    asked = np.arange(len(queries)) if asked is None else asked
    placed = np.arange(len(codes)) if placed is None else placed
    best = np.full(len(queries), distance + 1, np.int16)
    of = np.full(len(queries), NONE, np.int64)
    bands = plan_bands(64 * codes.shape[1], distance, len(codes)) if len(queries) and len(codes) else []
    sides = [lay_out(codes)] if codes is queries else [lay_out(queries), lay_out(codes)]
    with ThreadPoolExecutor(count_cores()) as pool:  # the loops let go of Python's lock
        for band in bands:
            found = list(pool.map(lambda side, band=band: sort_by_band(side, band), sides))
            _join_band(pool, found[0], found[-1], asked, placed, band.masks, rule, best, of, distance)
    best[of == NONE] = 0
    return Groups(of, best)


class Buckets(NamedTuple):
    """Codes in the order of a band's value, the row of each, and where each bucket begins."""

    codes: np.ndarray
    rows: np.ndarray
    starts: np.ndarray


def _join_band(
    pool: ThreadPoolExecutor, queries: Buckets, codes: Buckets, asked: np.ndarray, placed: np.ndarray, *rest: Any
) -> None:
    """Share the buckets of the queries out among the threads: no two of them have the same query."""
    masks, rule, best, of, distance = rest
    count = _CHUNKS if len(queries.rows) > _SMALL else 1
    edges = np.searchsorted(queries.starts, np.linspace(0, len(queries.rows), count + 1).astype(int))
    edges[0], edges[-1] = 0, len(queries.starts) - 1
    asks = queries.codes, queries.starts, asked[queries.rows]
    holds = (
        np.pad(codes.codes, [(0, 0)] * (codes.codes.ndim - 1) + [(0, int(_VECTOR))]),
        codes.starts,
        placed[codes.rows],
    )
    near, found = best[queries.rows], of[queries.rows]  # in the order in which they are used

    def work(first: int, last: int) -> None:
        _join_buckets(first, last, *asks, *holds, masks, *rule, near, found, np.int16(distance))

    list(pool.map(work, edges[:-1], edges[1:]))
    best[queries.rows], of[queries.rows] = near, found


def count_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@intrinsic
def _count_ones(typing, value):
    def generate(context, builder, signature, arguments):
        return builder.ctpop(arguments[0])

    return numba.uint64(numba.uint64), generate


# In the loops below codes of one word are (n,), those of four are (4, n): numba compiles each by itself. Places are
# unsigned, because a signed one would be tested for being negative at each use.


@numba.njit(cache=True, nogil=True)
def measure(a, i, b, j):
    """Bits in which code i of `a` and code j of `b` differ."""
    if a.ndim == 1:
        return _count_ones(a[i] ^ b[j])
    return (
        _count_ones(a[0, i] ^ b[0, j])
        + _count_ones(a[1, i] ^ b[1, j])
        + _count_ones(a[2, i] ^ b[2, j])
        + _count_ones(a[3, i] ^ b[3, j])
    )


@numba.njit(cache=True, nogil=True)
def find_least(a, i, b, start, stop):
    """The least distance between code i of `a` and codes start to stop of `b`: a loop that becomes vectors."""
    least = np.uint64(256)
    for j in range(start, stop):
        least = min(least, measure(a, i, b, j))
    return least


def lay_out(codes: np.ndarray) -> np.ndarray:
    """(n, words) as the loops take it."""
    return codes[:, 0].copy() if codes.shape[1] == 1 else codes.T.copy()


def sort_by_band(codes: np.ndarray, band: Band) -> Buckets:
    """A stable sort by a band's bits: rows within a bucket stay in their order."""
    rows = np.arange(codes.shape[-1], dtype=np.int32)
    starts = _count_buckets(codes if codes.ndim == 1 else codes[band.word], np.uint64(band.shift), band.width)
    for done in range(0, band.width, 8):  # some bits at a time: memory cannot follow 65,536 places of writing at once
        word = codes if codes.ndim == 1 else codes[band.word]
        codes, rows = _scatter(codes, rows, word, np.uint64(band.shift + done), min(8, band.width - done))
    return Buckets(codes, rows, starts)


@numba.njit(cache=True, nogil=True)
def _count_buckets(word, shift, width):
    """Where the bucket of each value of a word's bits begins, and where the last one ends."""
    starts, mask = np.zeros((1 << width) + 1, np.uint64), np.uint64((1 << width) - 1)
    for i in range(len(word)):
        starts[((word[i] >> shift) & mask) + np.uint64(1)] += np.uint64(1)
    for value in range(1 << width):
        starts[value + 1] += starts[value]
    return starts


@numba.njit(cache=True, nogil=True)
def _scatter(codes, rows, word, shift, width):
    """One pass of a radix sort."""
    following, mask = _count_buckets(word, shift, width), np.uint64((1 << width) - 1)
    sorted_codes, sorted_rows = np.empty_like(codes), np.empty_like(rows)
    for i in range(len(word)):
        value = (word[i] >> shift) & mask
        at = following[value]
        following[value] = at + np.uint64(1)
        sorted_rows[at] = rows[i]
        sorted_codes[..., at] = codes[..., i]
    return sorted_codes, sorted_rows


@numba.njit(cache=True, nogil=True)
def _join_buckets(
    first, last, queries, query_starts, asked, codes, starts, placed, masks, above, other, any_will_do, best, of, limit
):
    """Compare the queries in buckets first to last with the codes in all buckets near theirs."""
    for value in range(first, last):
        begin, end = query_starts[value], query_starts[value + 1]
        if begin == end:
            continue
        for mask in masks:
            start, stop = starts[value ^ mask], starts[(value ^ mask) + 1]
            if start == stop:
                continue
            edge = start if above and (mask == 0 or stop - start > _LONG) else stop
            for i in range(begin, end):
                while edge < stop and placed[edge] < asked[i]:
                    edge += np.uint64(1)
                if any_will_do and best[i] <= limit:
                    continue
                # Whole vectors: what they hold of the next bucket are codes like any other; but in a query's own bucket
                # that would be itself.
                turns = (edge - start + _VECTOR - np.uint64(1)) // _VECTOR
                least = find_least(queries, i, codes, start, start + turns * _VECTOR if mask else edge)
                if least <= limit and least <= best[i]:
                    _note_nearest(queries, i, codes, start, edge, asked, placed, above, other, best, of)


@numba.njit(cache=True, nogil=True)
def _note_nearest(queries, i, codes, start, stop, asked, placed, above, other, best, of):
    """Enter the first of the nearest codes, if it is nearer than what was found, or as near and placed before it."""
    for j in range(start, stop):
        if (other and placed[j] == asked[i]) or (above and placed[j] >= asked[i]):
            continue
        near = measure(queries, i, codes, j)
        if near < best[i] or (near == best[i] and of[i] >= 0 and placed[j] < of[i]):
            best[i], of[i] = near, placed[j]
