"""Exact joins of perceptual hashes within a Hamming distance, and the one rule by which near-copies are dropped.

Codes are uint64 arrays (n, words), words = bits / 64, the most significant first; their order is their rank.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numba
import numpy as np

from preprocess.core_count import count_cores
from preprocess.near_duplicates.hamming_join_loops import (
    NO_MATCH,
    Matches,
    Rule,
    Side,
    choose_representatives,
    count_buckets,
    group_within_videos,
    join,
    lay_out,
    order_within_videos,
    scatter,
)
from preprocess.settings import JOIN_LIMITS as LIMITS
from shards.errors import CallError

_LEAF = 2048  # codes that are compared one by one
_PART_BITS, _PART_SHIFT = 8, np.uint64(56)  # of a code's hash: the part in which it is looked for


def read_codes(data: Any, bits: int) -> np.ndarray:
    """Codes (n, bits / 64) from the bytes of n big-endian hashes, one after the other."""
    return np.frombuffer(data, ">u8").astype(np.uint64).reshape(-1, bits // 64)


def find_groups(codes: np.ndarray, distance: int, owners: np.ndarray | None = None) -> Matches:
    """The one rule: in rank order, a code becomes a representative unless one is within the distance of it.

    Every other belongs to the nearest of the representatives that are ranked higher than itself, to the highest ranked
    of equally near ones. With `owners`, int (n,), codes of one owner have nothing to do with one another.
    Raises CallError where the distance is above LIMITS.
    """
    check_distance(codes, distance)
    rule = Rule(other=owners is not None)
    # With owners a code is distinct in each of its owners: what stands in one of them stands there as often as it is.
    first, which = collapse(codes if owners is None else np.column_stack((codes, owners.astype(np.uint64))))
    everything = Side(codes, np.arange(len(codes)), owners)
    heads = everything.take(first)  # the rest of the way is among the distinct codes, but for the last step
    certain, doubtful, near = _find_certain(heads, distance, rule)
    rest = doubtful[near.of == NO_MATCH]
    late = rest[_find_representatives(heads.take(rest), distance, rule)]
    known = Matches(np.full(len(first), NO_MATCH), np.zeros(len(first), np.int16))
    known.of[doubtful], known.distance[doubtful] = near
    stands = np.zeros(len(first), bool)
    stands[certain] = stands[late] = True
    lost = np.flatnonzero(~stands[which])
    of, bits = first[which], np.zeros(len(codes), np.int16)
    above = rule._replace(above=True)
    of[lost], bits[lost] = join(everything.take(lost), heads.take(late), distance, above, known.take(which[lost]))
    of[first[stands] if owners is None else stands[which]] = NO_MATCH
    return Matches(of, bits)


def find_nearest(queries: np.ndarray, codes: np.ndarray, distance: int) -> Matches:
    """For each query the nearest of the codes within the distance, the first of equally near ones.

    Raises CallError where the distance is above LIMITS.
    """
    check_distance(codes, distance)
    asked, which = collapse(queries)
    first, _ = collapse(codes)
    near = join(Side(queries[asked]), Side(codes[first], first), distance, Rule())
    return Matches(near.of[which], near.distance[which])


def find_nearest_others(codes: np.ndarray, distance: int) -> Matches:
    """For each code the nearest other one within the distance, equal ones too, the first of equally near ones.

    Raises CallError where the distance is above LIMITS.
    """
    check_distance(codes, distance)
    first, which = collapse(codes)
    side = Side(codes[first], first)
    near = join(side, side, distance, Rule(other=True))
    of, bits = near.of[which], near.distance[which]
    more = np.ones(len(codes), bool)
    more[first] = False
    copies = np.flatnonzero(more)  # of an earlier code: they and the first of them have each other
    of[copies], bits[copies] = first[which[copies]], 0
    of[first[which[copies[::-1]]]], bits[first[which[copies]]] = copies[::-1], 0
    return Matches(of, bits)


def check_distance(codes: np.ndarray, distance: int) -> None:
    """Raises CallError where no exact join within this distance is offered."""
    bits = 64 * codes.shape[1]
    if not 0 <= distance <= LIMITS[bits]:
        raise CallError(
            f"a distance of {distance} bits is outside 0 to {LIMITS[bits]}, the limit for {bits}-bit hashes"
        )


def find_groups_within(codes: np.ndarray, starts: np.ndarray, distance: int) -> Matches:
    """The one rule in each video by itself: video v is codes[starts[v] : starts[v + 1]], in rank order.

    Places are those in `codes`. Every representative is compared, so the distance may be as much as half the bits.
    Raises CallError where it is more.
    """
    bits = 64 * codes.shape[1]
    if not 0 <= distance <= bits // 2:
        raise CallError(f"a distance of {distance} bits is outside 0 to {bits // 2}, half of a {bits}-bit hash")
    of, found = np.full(len(codes), NO_MATCH, np.int64), np.zeros(len(codes), np.int16)
    _share_videos(starts, group_within_videos, lay_out(codes), starts, distance, of, found)
    return Matches(of, found)


def order_farthest(codes: np.ndarray, starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each video the order in which to take its codes so that those taken are as different as can be.

    Farthest-point order (Gonzalez 1985): first the highest ranked, then always the one that is farthest from all taken,
    the highest ranked of equally far ones. Returns order: int32 (n,), 0 for the first of its video; radius: int16 (n,),
    the bits between a code and the nearest one taken before it, all bits for the first.
    """
    order, radius = np.empty(len(codes), np.int32), np.empty(len(codes), np.int16)
    _share_videos(starts, order_within_videos, lay_out(codes), starts, order, radius)
    return order, radius


def _share_videos(starts: np.ndarray, work: Callable, *arguments: Any) -> None:
    """Share the videos out among threads: their loops let go of Python's lock."""
    edges = (
        np.linspace(0, len(starts) - 1, 16 * count_cores() + 1).astype(int)
        if len(starts) > 1000
        else [0, len(starts) - 1]
    )
    with ThreadPoolExecutor(count_cores()) as pool:
        list(pool.map(lambda first, last: work(first, last, *arguments), edges[:-1], edges[1:]))


def _find_certain(side: Side, distance: int, rule: Rule) -> tuple[np.ndarray, np.ndarray, Matches]:
    """Rows of the codes that no higher ranked one is near, rows of all others, and the nearest of the former to these.

    What a certain code is near is ranked lower, else the code would not be certain.
    """
    alike = side._replace(places=None)  # it is not asked which one is near
    free = join(alike, alike, distance, rule._replace(above=True, any=True)).of == NO_MATCH
    certain, doubtful = np.flatnonzero(free), np.flatnonzero(~free)
    return certain, doubtful, join(side.take(doubtful), side.take(certain), distance, rule)


def _find_representatives(side: Side, distance: int, rule: Rule) -> np.ndarray:
    """Rows of the codes that become representatives, ascending.

    Those are in that are certain, those are out that a certain one is near; the rest, which has nothing to do with
    either, is settled by itself. There is no list of pairs, however many there are.
    """
    count = len(side.codes)
    if count <= _LEAF:
        owners = np.arange(count) if side.owners is None else side.owners
        return np.flatnonzero(choose_representatives(lay_out(side.codes), owners, rule.other, distance))
    certain, doubtful, near = _find_certain(side, distance, rule._replace(any=True))
    rest = doubtful[near.of == NO_MATCH]
    go_on = _find_representatives if len(rest) <= count // 2 else _settle_halves
    return np.sort(np.concatenate((certain, rest[go_on(side.take(rest), distance, rule)])))


def _settle_halves(side: Side, distance: int, rule: Rule) -> np.ndarray:
    """The same where that settles little, as of a long chain: first the one half, then what it leaves of the other."""
    half = len(side.codes) // 2
    found = _find_representatives(side.take(slice(half)), distance, rule)
    rest = half + np.flatnonzero(_is_far(side.take(slice(half, None)), side.take(found), distance, rule))
    return np.concatenate((found, rest[_find_representatives(side.take(rest), distance, rule)]))


def _is_far(queries: Side, codes: Side, distance: int, rule: Rule) -> np.ndarray:
    """Which of the queries none of the codes is near, bool (n,)."""
    return join(queries, codes, distance, rule._replace(any=True)).of == NO_MATCH


def collapse(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places of the first of each distinct code, ascending, (distinct,); which of them each code is, (n,)."""
    hashed = splitmix64(lay_out(codes))
    parts = count_buckets(hashed, _PART_SHIFT, _PART_BITS)  # of tables that fit the cache
    hashed, rows = scatter(hashed, np.arange(len(codes), dtype=np.int32), hashed, _PART_SHIFT, _PART_BITS, np.uint64(0))
    heads = np.empty(len(codes), np.int32)
    with ThreadPoolExecutor(count_cores()) as pool:
        list(pool.map(lambda begin, end: _find_heads(codes, hashed, rows, begin, end, heads), parts[:-1], parts[1:]))
    is_first = heads == np.arange(len(codes))
    return np.flatnonzero(is_first), (np.cumsum(is_first) - 1)[heads]


@numba.njit(cache=True, nogil=True)
def splitmix64(codes):
    """splitmix64's output function (Steele, Lea, Flood 2014), word by word: of one word a permutation of all; (n,)."""
    n = codes.shape[-1]
    hashed = np.zeros(n, np.uint64)
    for word in range(1 if codes.ndim == 1 else codes.shape[0]):
        for i in range(n):
            state = hashed[i] ^ (codes[i] if codes.ndim == 1 else codes[word, i])
            state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            hashed[i] = state ^ (state >> np.uint64(31))
    return hashed


@numba.njit(cache=True, nogil=True)
def _find_heads(codes, hashed, rows, begin, end, heads):
    """For each code of a part the first that equals it, by a table of hashes: the next free slot where one is taken."""
    size = np.uint64(1)
    while size < np.uint64(2) * (end - begin):
        size *= np.uint64(2)
    table = np.full(size, -1, np.int64)
    for i in range(begin, end):
        slot = hashed[i] & (size - np.uint64(1))
        while table[slot] >= 0:
            same = hashed[table[slot]] == hashed[i]
            for word in range(codes.shape[1] if same else 0):
                same &= codes[rows[table[slot]], word] == codes[rows[i], word]
            if same:
                break
            slot = (slot + np.uint64(1)) & (size - np.uint64(1))
        if table[slot] < 0:
            table[slot] = i
        heads[rows[i]] = rows[table[slot]]
