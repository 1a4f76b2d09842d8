"""The loops of the Hamming join: codes in buckets by some of their bits, bucket compared with bucket.

Codes are cut into bands. Where two codes differ by at most d bits and the bands' radii r satisfy sum(r + 1) = d + 1,
then in at least one band they differ by no more than its radius (the pigeonhole principle, as in multi-index hashing:
Norouzi, Punjani, Fleet 2012). So codes are compared only where a band of the one is that of the other or a neighbour
of it, and no pair is missed. Of the pairs nothing is kept but each query's nearest: memory is linear in the codes,
whatever they are.
"""

from concurrent.futures import ThreadPoolExecutor
from itertools import combinations
from math import comb
from typing import NamedTuple

import numba
import numpy as np
from numba.extending import intrinsic

from preprocess.core_count import count_cores

NO_MATCH = -1  # the place of a code that is not there

_WIDEST = 16  # bits of a band: the bounds of its 65,536 buckets fit the second-level cache
_VISIT = 64  # what looking into a bucket costs, in comparisons
_LONG = np.uint64(128)  # codes of a bucket, from which on looking at only those above a query pays
_VECTOR = np.uint64(32)  # codes that the loops compare in one turn
_BLOCK = np.uint64(16)  # queries that look at the same codes, for the loops to be of one length
_SMALL = 20_000  # queries for which threads do not pay
_CHUNKS = 64  # of the buckets, shared out among the threads


class Matches(NamedTuple):
    """For each code which other stands for it.

    of: int64 (n,), the place of that one, NONE where there is none; distance: int16 (n,), the bits in which the two
    differ, 0 where there is none.
    """

    of: np.ndarray
    distance: np.ndarray

    def take(self, rows: np.ndarray) -> "Matches":
        return Matches(self.of[rows], self.distance[rows])


class Rule(NamedTuple):
    """Which codes count for a query: those placed before it, those of other owners; and will any near one do."""

    above: bool = False
    other: bool = False
    any: bool = False


class Side(NamedTuple):
    """One side of a join: codes (n, words); places (n,), ascending, by default from 0; owners, by default places."""

    codes: np.ndarray
    places: np.ndarray | None = None
    owners: np.ndarray | None = None

    def take(self, rows: np.ndarray | slice) -> "Side":
        return Side(*(None if column is None else column[rows] for column in self))


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


def join(queries: Side, codes: Side, distance: int, rule: Rule, known: Matches | None = None) -> Matches:
    """For each query the nearest of the codes, by their places, that is within the distance and fits the rule.

    `known` is what other codes, of other places, have given already.
    """
    count = len(queries.codes)
    best, of = np.full(count, distance + 1, np.int16), np.full(count, NO_MATCH, np.int32)
    if known is not None:
        best[:], of[:] = np.where(known.of == NO_MATCH, distance + 1, known.distance), known.of
    bits, others = 64 * codes.codes.shape[1], len(codes.codes)
    sides = [_fill(side) for side in ((codes,) if codes is queries else (queries, codes))]
    with ThreadPoolExecutor(count_cores()) as pool:  # the loops let go of Python's lock
        bands = plan_bands(bits, distance, others) if count and others else []
        ahead = [pool.submit(_sort_by_band, side, bands[0], rule.other) for side in sides] if bands else []
        for turn, band in enumerate(bands):
            found = [sorting.result() for sorting in ahead]
            ahead = [
                pool.submit(_sort_by_band, side, coming, rule.other)
                for coming in bands[turn + 1 :][:1]
                for side in sides
            ]
            # What is as near as b differs in some band by b / bands at most: no more is looked for once b is found.
            masks = band.masks, (np.bitwise_count(band.masks) * len(bands)).astype(np.int16)
            _join_band(pool, found[0], found[-1], masks, rule, best, of, distance)
    best[of == NO_MATCH] = 0
    return Matches(of.astype(np.int64), best)


def _fill(side: Side) -> Side:
    """With all columns as the loops take them."""
    columns = (None if column is None else column.astype(np.int32) for column in side[1:])
    return Side(lay_out(side.codes), *columns)


class Buckets(NamedTuple):
    """Codes in the order of a band's value, their rows, places and owners, and where each bucket begins."""

    codes: np.ndarray
    rows: np.ndarray
    places: np.ndarray
    owners: np.ndarray
    starts: np.ndarray


def _join_band(
    pool: ThreadPoolExecutor,
    queries: Buckets,
    codes: Buckets,
    masks: tuple[np.ndarray, np.ndarray],
    rule: Rule,
    best: np.ndarray,
    of: np.ndarray,
    distance: int,
) -> None:
    """Share the buckets of the queries out among the threads: no two of them have the same query."""
    count = _CHUNKS if len(queries.rows) > _SMALL else 1
    edges = np.searchsorted(queries.starts, np.linspace(0, len(queries.rows), count + 1).astype(int))
    edges[0], edges[-1] = 0, len(queries.starts) - 1
    asks = queries.codes, queries.places, queries.owners, queries.starts
    holds = codes.codes, codes.places, codes.owners, codes.starts
    near, found = best[queries.rows], of[queries.rows]  # in the order in which they are used

    def work(first: int, last: int) -> None:
        _join_buckets(first, last, *asks, *holds, *masks, *rule, near, found, np.int16(distance))

    list(pool.map(work, edges[:-1], edges[1:]))
    best[queries.rows], of[queries.rows] = near, found


@intrinsic
def _count_ones(typing, value):
    def generate(context, builder, signature, arguments):
        return builder.ctpop(arguments[0])

    return numba.uint64(numba.uint64), generate


# Loops that call one another stand in one file: numba looks at a function's own file alone to see whether what it has
# compiled is still good. In all of them codes of one word are (n,), those of four are (4, n): numba compiles each by
# itself. Places are unsigned, because a signed one would be tested for being negative at each use.


@numba.njit(cache=True, nogil=True)
def count_differing_bits(a, i, b, j):
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
        least = min(least, count_differing_bits(a, i, b, j))
    return least


def lay_out(codes: np.ndarray) -> np.ndarray:
    """(n, words) as the loops take it."""
    return codes[:, 0].copy() if codes.shape[1] == 1 else codes.T.copy()


def _sort_by_band(side: Side, band: Band, with_owners: bool) -> Buckets:
    """A stable sort by a band's bits: places within a bucket ascend. Zeros follow the codes: loops read over them."""
    codes, rows = side.codes, np.arange(side.codes.shape[-1], dtype=np.int32)
    starts = count_buckets(_get_word(codes, band), np.uint64(band.shift), band.width)
    for done in range(0, band.width, 8):  # some bits at a time: memory cannot follow 65,536 places of writing at once
        shift, width = np.uint64(band.shift + done), min(8, band.width - done)
        codes, rows = scatter(codes, rows, _get_word(codes, band), shift, width, _VECTOR)
    places = rows if side.places is None else side.places[rows]
    owners = side.owners[rows] if with_owners and side.owners is not None else places
    return Buckets(codes, rows, places, owners, starts)


def _get_word(codes: np.ndarray, band: Band) -> np.ndarray:
    return codes if codes.ndim == 1 else codes[band.word]


@numba.njit(cache=True, nogil=True)
def count_buckets(word, shift, width):
    """Where the bucket of each value of a word's bits begins, and where the last one ends."""
    starts, mask = np.zeros((1 << width) + 1, np.uint64), np.uint64((1 << width) - 1)
    for i in range(len(word)):
        starts[((word[i] >> shift) & mask) + np.uint64(1)] += np.uint64(1)
    for value in range(1 << width):
        starts[value + 1] += starts[value]
    return starts


@numba.njit(cache=True, nogil=True)
def scatter(codes, rows, word, shift, width, padding):
    """One pass of a radix sort; leaves some zeros behind the codes."""
    n = len(rows)
    following, mask = count_buckets(word[:n], shift, width), np.uint64((1 << width) - 1)
    sorted_codes, sorted_rows = np.zeros((*codes.shape[:-1], n + padding), np.uint64), np.empty_like(rows)
    for i in range(n):
        value = (word[i] >> shift) & mask
        at = following[value]
        following[value] = at + np.uint64(1)
        sorted_rows[at] = rows[i]
        sorted_codes[..., at] = codes[..., i]
    return sorted_codes, sorted_rows


@numba.njit(cache=True, nogil=True)
def _join_buckets(
    first,
    last,
    queries,
    asked,
    asking,
    query_starts,
    codes,
    placed,
    owning,
    starts,
    masks,
    needs,
    above,
    other,
    any_will_do,
    best,
    of,
    limit,
):
    """Compare the queries in buckets first to last with the codes in all buckets near theirs."""
    for value in range(first, last):
        begin, end = query_starts[value], query_starts[value + 1]
        if begin == end:
            continue
        for mask, need in zip(masks, needs):  # noqa: B905, which numba does not know
            start, stop = starts[value ^ mask], starts[(value ^ mask) + 1]
            if start == stop:
                continue
            edge = start if above and (mask == 0 or stop - start > _LONG) else stop
            turn = np.uint64(1) if mask == 0 else _BLOCK  # of queries that look at the same codes
            following = begin
            for i in range(begin, end):
                if i == following and edge < stop:
                    following = min(i + turn, end)
                    while edge < stop and placed[edge] < asked[following - np.uint64(1)]:
                        edge += np.uint64(1)
                if best[i] < need or (any_will_do and best[i] <= limit):
                    continue
                # Whole vectors: what they hold of the next bucket are codes like any other; but in a query's own bucket
                # that would be itself.
                rest = np.uint64(0) if mask == 0 else (start - edge) & (_VECTOR - np.uint64(1))
                least = find_least(queries, i, codes, start, edge + rest)
                if least <= limit and least <= best[i]:
                    for j in range(start, edge):
                        if (other and owning[j] == asking[i]) or (above and placed[j] >= asked[i]):
                            continue
                        near = count_differing_bits(queries, i, codes, j)
                        if near < best[i] or (near == best[i] and of[i] >= 0 and placed[j] < of[i]):
                            best[i], of[i] = near, placed[j]


@numba.njit(cache=True, nogil=True)
def choose_representatives(codes, owners, other, distance):
    """Which of the codes are representatives, one after the other; bool (n,)."""
    n = codes.shape[-1]
    found, kept, keeps, count = np.zeros(n, np.bool_), np.empty_like(codes), np.empty_like(owners), np.uint64(0)
    for i in range(n):
        free = find_least(codes, i, kept, np.uint64(0), count) > distance
        if not free and other:
            free = True
            for j in range(count):
                free &= keeps[j] == owners[i] or count_differing_bits(codes, i, kept, j) > distance
        if free:
            kept[..., count], keeps[count] = codes[..., i], owners[i]
            count += np.uint64(1)
            found[i] = True
    return found


@numba.njit(cache=True, nogil=True)
def group_within_videos(first, last, codes, starts, distance, of, bits):
    longest = 0
    for video in range(first, last):
        longest = max(longest, starts[video + 1] - starts[video])
    kept, places = np.empty_like(codes[..., :longest]), np.empty(longest, np.int64)
    for video in range(first, last):
        count = np.uint64(0)
        for i in range(starts[video], starts[video + 1]):
            least = find_least(codes, i, kept, np.uint64(0), count)
            if least > distance:
                kept[..., count] = codes[..., i]
                places[count] = i
                count += np.uint64(1)
                continue
            j = np.uint64(0)
            while count_differing_bits(codes, i, kept, j) != least:
                j += np.uint64(1)
            of[i], bits[i] = places[j], least


@numba.njit(cache=True, nogil=True)
def order_within_videos(first, last, codes, starts, order, radius):
    for video in range(first, last):
        begin, end = starts[video], starts[video + 1]
        order[begin:end], radius[begin:end] = -1, 64 if codes.ndim == 1 else 256
        taken = begin
        for turn in range(end - begin):
            order[taken] = turn
            farthest = begin
            for i in range(begin, end):
                if order[i] < 0:
                    radius[i] = min(radius[i], np.int16(count_differing_bits(codes, i, codes, taken)))
                    if order[farthest] >= 0 or radius[i] > radius[farthest]:
                        farthest = i
            taken = farthest
