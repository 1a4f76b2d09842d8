"""Exact joins of perceptual hashes within a Hamming distance, and the one rule by which near-copies are dropped.

Codes are uint64 arrays (n, words), words = bits / 64, the most significant first; their order is their rank.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numba
import numpy as np

from preprocess.bands import NONE, Groups, Rule, Side, count_cores, find_least, join, lay_out, measure
from preprocess.settings import JOIN_LIMITS as LIMITS
from shards.errors import CallError

_LEAF = 2048  # codes that are compared one by one


def read_codes(data: Any, bits: int) -> np.ndarray:
    """Codes (n, bits / 64) from the bytes of n big-endian hashes, one after the other."""
    return np.frombuffer(data, ">u8").astype(np.uint64).reshape(-1, bits // 64)


def find_groups(codes: np.ndarray, distance: int, owners: np.ndarray | None = None) -> Groups:
    """The one rule: in rank order, a code becomes a representative unless one is within the distance of it.

    Every other belongs to the nearest of the representatives that are ranked higher than itself, to the highest ranked
    of equally near ones. With `owners`, int (n,), codes of one owner have nothing to do with one another.
    Raises CallError where the distance is above LIMITS.
    """
    check_distance(codes, distance)
    rule = Rule(other=owners is not None)
    first, which = collapse(codes) if owners is None else (np.arange(len(codes)),) * 2
    everything = Side(codes, np.arange(len(codes)), owners)
    stands = np.zeros(len(first), bool)
    stands[_find_representatives(everything.take(first)._replace(places=None), distance, rule)] = True
    of, bits = np.where(stands[which], first[which], NONE), np.zeros(len(codes), np.int16)
    lost = np.flatnonzero(of == NONE)
    near = join(everything.take(lost), everything.take(first[stands]), distance, rule._replace(above=True))
    of[lost], bits[lost] = near.of, near.distance
    of[first[stands]] = NONE
    return Groups(of, bits)


def find_nearest(queries: np.ndarray, codes: np.ndarray, distance: int) -> Groups:
    """For each query the nearest of the codes within the distance, the first of equally near ones.

    Raises CallError where the distance is above LIMITS.
    """
    check_distance(codes, distance)
    asked, which = collapse(queries)
    first, _ = collapse(codes)
    near = join(Side(queries[asked]), Side(codes[first], first), distance, Rule())
    return Groups(near.of[which], near.distance[which])


def find_nearest_others(codes: np.ndarray, distance: int) -> Groups:
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
    return Groups(of, bits)


def check_distance(codes: np.ndarray, distance: int) -> None:
    """Raises CallError where no exact join within this distance is offered."""
    bits = 64 * codes.shape[1]
    if not 0 <= distance <= LIMITS[bits]:
        raise CallError(
            f"a distance of {distance} bits is outside 0 to {LIMITS[bits]}, the limit for {bits}-bit hashes"
        )


def find_groups_within(codes: np.ndarray, starts: np.ndarray, distance: int) -> Groups:
    """The one rule in each video by itself: video v is codes[starts[v] : starts[v + 1]], in rank order.

    Places are those in `codes`. Every representative is compared, so the distance may be as much as half the bits.
    Raises CallError where it is more.
    """
    bits = 64 * codes.shape[1]
    if not 0 <= distance <= bits // 2:
        raise CallError(f"a distance of {distance} bits is outside 0 to {bits // 2}, half of a {bits}-bit hash")
    of, found = np.full(len(codes), NONE, np.int64), np.zeros(len(codes), np.int16)
    _share_videos(starts, _group_videos, lay_out(codes), starts, distance, of, found)
    return Groups(of, found)


def order_farthest(codes: np.ndarray, starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each video the order in which to take its codes so that those taken are as different as can be.

    Farthest-point order (Gonzalez 1985): first the highest ranked, then always the one that is farthest from all taken,
    the highest ranked of equally far ones. Returns order: int32 (n,), 0 for the first of its video; radius: int16 (n,),
    the bits between a code and the nearest one taken before it, all bits for the first.
    """
    order, radius = np.empty(len(codes), np.int32), np.empty(len(codes), np.int16)
    _share_videos(starts, _order_videos, lay_out(codes), starts, order, radius)
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


def _find_representatives(side: Side, distance: int, rule: Rule) -> np.ndarray:
    """Rows of the codes that become representatives, ascending.

    Certain are those that no higher ranked code is near; out are those that a certain one is near; the rest, which has
    nothing to do with either, is settled by itself. There is no list of pairs, however many there are.
    """
    count = len(side.codes)
    if count <= _LEAF:
        owners = np.arange(count) if side.owners is None else side.owners
        return np.flatnonzero(_settle(lay_out(side.codes), owners, rule.other, distance))
    free = join(side, side, distance, rule._replace(above=True, any=True)).of == NONE
    certain, doubtful = np.flatnonzero(free), np.flatnonzero(~free)
    rest = doubtful[_is_far(side.take(doubtful), side.take(certain), distance, rule)]
    settle = _find_representatives if len(rest) <= count // 2 else _settle_halves
    return np.sort(np.concatenate((certain, rest[settle(side.take(rest), distance, rule)])))


def _settle_halves(side: Side, distance: int, rule: Rule) -> np.ndarray:
    """The same where that settles little, as of a long chain: first the one half, then what it leaves of the other."""
    half = len(side.codes) // 2
    found = _find_representatives(side.take(slice(half)), distance, rule)
    rest = half + np.flatnonzero(_is_far(side.take(slice(half, None)), side.take(found), distance, rule))
    return np.concatenate((found, rest[_find_representatives(side.take(rest), distance, rule)]))


def _is_far(queries: Side, codes: Side, distance: int, rule: Rule) -> np.ndarray:
    """Which of the queries none of the codes is near, bool (n,)."""
    return join(queries, codes, distance, rule._replace(any=True)).of == NONE


@numba.njit(cache=True, nogil=True)
def _settle(codes, owners, other, distance):
    """Which of the codes are representatives, one after the other; bool (n,)."""
    n = codes.shape[-1]
    found, kept, keeps, count = np.zeros(n, np.bool_), np.empty_like(codes), np.empty_like(owners), np.uint64(0)
    for i in range(n):
        free = find_least(codes, i, kept, np.uint64(0), count) > distance
        if not free and other:
            free = True
            for j in range(count):
                free &= keeps[j] == owners[i] or measure(codes, i, kept, j) > distance
        if free:
            kept[..., count], keeps[count] = codes[..., i], owners[i]
            count += np.uint64(1)
            found[i] = True
    return found


@numba.njit(cache=True, nogil=True)
def _group_videos(first, last, codes, starts, distance, of, bits):
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
            while measure(codes, i, kept, j) != least:
                j += np.uint64(1)
            of[i], bits[i] = places[j], least


@numba.njit(cache=True, nogil=True)
def _order_videos(first, last, codes, starts, order, radius):
    for video in range(first, last):
        begin, end = starts[video], starts[video + 1]
        order[begin:end], radius[begin:end] = -1, 64 if codes.ndim == 1 else 256
        taken = begin
        for turn in range(end - begin):
            order[taken] = turn
            farthest = begin
            for i in range(begin, end):
                if order[i] < 0:
                    radius[i] = min(radius[i], np.int16(measure(codes, i, codes, taken)))
                    if order[farthest] >= 0 or radius[i] > radius[farthest]:
                        farthest = i
            taken = farthest


@numba.njit(cache=True, nogil=True)
def _hash_code(codes, i):
    state = np.uint64(0)
    for word in range(codes.shape[1]):
        state = (state ^ codes[i, word]) * np.uint64(0x9E3779B97F4A7C15)
        state ^= state >> np.uint64(32)
    return state


@numba.njit(cache=True, nogil=True)
def _collapse(codes):
    n, words = codes.shape
    size = 1
    while size < 2 * n:
        size *= 2
    mask = np.uint64(size - 1)
    table = np.full(
        size, -1, np.int32
    )  # numbers of distinct codes, by their hash; the next free slot where it is taken
    first, which, count = np.empty(n, np.int64), np.empty(n, np.int64), 0
    for i in range(n):
        slot = _hash_code(codes, i) & mask
        while True:
            found = table[slot]
            if found < 0:
                table[slot], first[count], which[i] = count, i, count
                count += 1
                break
            same = True
            for word in range(words):
                same &= codes[first[found], word] == codes[i, word]
            if same:
                which[i] = found
                break
            slot = (slot + np.uint64(1)) & mask
    return first[:count].copy(), which


def collapse(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places of the first of each distinct code, ascending, (distinct,); which of them each code is, (n,)."""
    return _collapse(np.ascontiguousarray(codes))
