"""Nearest perceptual hashes within a Hamming distance, and clusters of near-duplicates. Both are exact.

Codes are uint64 arrays (n, words), words = bits / 64, the most significant word first. Their order is their rank.

Clusters are those of greedy leader clustering in rank order: a code becomes a representative unless an earlier
representative is within the distance; every other code belongs to the nearest representative that is ranked higher.
There are no chains: each code is within the distance of its representative.

Comparing every code with every representative is quadratic, and all pairs within the distance may not fit into memory.
The representatives are therefore found in rounds, as in the parallel greedy maximal independent set of Blelloch,
Fineman and Shun (2012). A root is a code that no higher ranked code is within the distance of. Each round finds the
roots, which are representatives, and drops the codes within the distance of a root, which are not; the codes that are
left, which have no match among the roots, go into the next round. Each step of a round is a nearest-match search by
preprocess.near_duplicates.multi_index_hashing.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from preprocess.core_count import count_cores
from preprocess.near_duplicates.hamming_join_loops import (
    choose_representatives,
    cluster_videos,
    count_buckets,
    find_first_occurrences,
    order_videos_farthest_first,
    scatter_by_bits,
    splitmix64,
    transpose_codes,
)
from preprocess.near_duplicates.join_limits import JOIN_LIMITS
from preprocess.near_duplicates.matches import NO_MATCH, Matches
from preprocess.near_duplicates.multi_index_hashing import CodeSet, MatchOptions, join_nearest
from shards.errors import CallError

_FEW_CODES = 2048  # up to which comparing each with each is faster than rounds
_MANY_VIDEOS = 1000  # from which on threads compare the frames of videos
_PART_BITS, _PART_SHIFT = 8, np.uint64(56)  # bits of a code's hash by which codes are parted to find equal ones


def read_codes(data: Any, bits: int) -> np.ndarray:
    """Codes (n, bits / 64) from the bytes of n big-endian hashes, one after the other."""
    return np.frombuffer(data, ">u8").astype(np.uint64).reshape(-1, bits // 64)


def find_nearest(queries: np.ndarray, codes: np.ndarray, distance: int) -> Matches:
    """For each query the nearest of the codes within the distance, the first of equally near ones.

    Raises CallError where the distance is above JOIN_LIMITS.
    """
    check_distance(codes, distance)
    distinct_queries, inverse = find_distinct(queries)
    first, _ = find_distinct(codes)
    return join_nearest(
        CodeSet(queries[distinct_queries]), CodeSet(codes[first], first), distance, MatchOptions()
    ).select(inverse)


def find_nearest_others(codes: np.ndarray, distance: int) -> Matches:
    """For each code the nearest other one within the distance, which may equal it, the first of equally near ones.

    Raises CallError where the distance is above JOIN_LIMITS.
    """
    check_distance(codes, distance)
    first, inverse = find_distinct(codes)
    distinct = CodeSet(codes[first], first)
    nearest, bits = join_nearest(distinct, distinct, distance, MatchOptions(other_owner_only=True)).select(inverse)
    is_copy = np.ones(len(codes), bool)
    is_copy[first] = False
    copies = np.flatnonzero(is_copy)
    originals = first[inverse[copies]]
    nearest[copies], bits[copies] = originals, 0
    nearest[originals[::-1]], bits[originals] = copies[::-1], 0  # reversed, so that the first copy is written last
    return Matches(nearest, bits)


def cluster_codes(codes: np.ndarray, distance: int, videos: np.ndarray | None = None) -> Matches:
    """Each code's nearest higher ranked representative, NO_MATCH for the representatives themselves.

    Of equally near representatives the highest ranked one. With `videos`, int (n,), codes of one video are never
    compared with one another. Raises CallError where the distance is above JOIN_LIMITS.
    """
    check_distance(codes, distance)
    options = MatchOptions(other_owner_only=videos is not None)
    # Equal codes (with `videos`: of one video) are all within the distance of the same codes, so only the first of each
    # takes part until the last step.
    first, inverse = find_distinct(codes if videos is None else np.column_stack((codes, videos.astype(np.uint64))))
    everything = CodeSet(codes, np.arange(len(codes)), videos)
    distinct = everything.select(first)
    roots, others, root_matches = _match_with_roots(distinct, distance, options)
    unmatched = others[root_matches.nearest == NO_MATCH]
    late = unmatched[_find_representatives(distinct.select(unmatched), distance, options)]
    is_representative = np.zeros(len(first), bool)
    is_representative[roots] = is_representative[late] = True
    # Copies of a representative belong to it at distance 0. All codes that are not such copies are matched, copies too:
    # a later copy may be nearer to a representative that its first occurrence is ranked above.
    nearest, bits = first[inverse], np.zeros(len(codes), np.int16)
    duplicates = np.flatnonzero(~is_representative[inverse])
    known = Matches(np.full(len(first), NO_MATCH), np.zeros(len(first), np.int16))
    known.nearest[others], known.distance[others] = root_matches
    nearest[duplicates], bits[duplicates] = join_nearest(
        everything.select(duplicates),
        distinct.select(late),
        distance,
        options._replace(higher_ranked_only=True),
        known.select(inverse[duplicates]),
    )
    # With `videos`, equal codes of one video are not compared: copies of a representative are representatives too.
    nearest[first[is_representative] if videos is None else is_representative[inverse]] = NO_MATCH
    return Matches(nearest, bits)


def cluster_within_videos(codes: np.ndarray, starts: np.ndarray, distance: int) -> Matches:
    """The clusters of each video by itself: video v is codes[starts[v] : starts[v + 1]], in rank order.

    Positions are those in `codes`. Each code is compared with every representative, so the distance may be up to half
    of the bits. Raises CallError where it is more.
    """
    bits = 64 * codes.shape[1]
    if not 0 <= distance <= bits // 2:
        raise CallError(f"a distance of {distance} bits is outside 0 to {bits // 2}, half of a {bits}-bit hash")
    nearest, found = np.full(len(codes), NO_MATCH, np.int64), np.zeros(len(codes), np.int16)
    _run_in_threads(cluster_videos, starts, transpose_codes(codes), starts, distance, nearest, found)
    return Matches(nearest, found)


def order_farthest_first(codes: np.ndarray, starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The farthest-first traversal (Gonzalez 1985) of each video's codes, for `starts` see cluster_within_videos.

    It begins with the highest ranked code and goes on with the code that is farthest from all codes taken before, the
    highest ranked of equally far ones. Returns order: int32 (n,), each code's turn, 0 for the first of its video; and
    radius: int16 (n,), the bits between a code and the nearest one taken before it, all bits for the first.
    """
    order, radius = np.empty(len(codes), np.int32), np.empty(len(codes), np.int16)
    _run_in_threads(order_videos_farthest_first, starts, transpose_codes(codes), starts, order, radius)
    return order, radius


def check_distance(codes: np.ndarray, distance: int) -> None:
    """Raise CallError where the distance is above JOIN_LIMITS."""
    bits = 64 * codes.shape[1]
    if not 0 <= distance <= JOIN_LIMITS[bits]:
        raise CallError(
            f"a distance of {distance} bits is outside 0 to {JOIN_LIMITS[bits]}, the limit for {bits}-bit hashes"
        )


def find_distinct(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positions of the first of each distinct code, ascending, (distinct,); and for each code its place there, (n,)."""
    hashed = splitmix64(transpose_codes(codes))
    parts = count_buckets(hashed, _PART_SHIFT, _PART_BITS)  # so that the hash table of each fits the cache
    rows = np.arange(len(codes), dtype=np.int32)
    hashed, rows = scatter_by_bits(hashed, rows, hashed, _PART_SHIFT, _PART_BITS, np.uint64(0))
    first = np.empty(len(codes), np.int32)

    def search_part(begin: np.uint64, end: np.uint64) -> None:
        find_first_occurrences(codes, hashed, rows, begin, end, first)

    with ThreadPoolExecutor(count_cores()) as pool:
        list(pool.map(search_part, parts[:-1], parts[1:]))
    is_first = first == np.arange(len(codes))
    return np.flatnonzero(is_first), (np.cumsum(is_first) - 1)[first]


def _run_in_threads(loop: Callable, starts: np.ndarray, *arguments: Any) -> None:
    """Call loop(first video, last video, *arguments) for ranges of videos in threads; loops release Python's lock.

    For few videos here: a video task has one, and the start of threads takes longer than to compare its frames.
    """
    videos = len(starts) - 1
    if videos < _MANY_VIDEOS:
        loop(0, videos, *arguments)
        return
    cores = count_cores()
    edges = np.linspace(0, videos, 16 * cores + 1).astype(int).tolist()
    with ThreadPoolExecutor(cores) as pool:
        list(pool.map(lambda first, last: loop(first, last, *arguments), edges[:-1], edges[1:]))


def _match_with_roots(codes: CodeSet, distance: int, options: MatchOptions) -> tuple[np.ndarray, np.ndarray, Matches]:
    """(rows of the roots, rows of the other codes, each other code's nearest root).

    A root within the distance of a code is ranked higher than the code: else it would not be a root.
    """
    unnamed = codes._replace(positions=None)  # row numbers rank as positions do
    is_root = (
        join_nearest(unnamed, unnamed, distance, options._replace(higher_ranked_only=True, any_match=True)).nearest
        == NO_MATCH
    )
    roots, others = np.flatnonzero(is_root), np.flatnonzero(~is_root)
    return roots, others, join_nearest(codes.select(others), codes.select(roots), distance, options)


def _find_representatives(codes: CodeSet, distance: int, options: MatchOptions) -> np.ndarray:
    """Rows of the representatives among the codes, ascending, found in rounds."""
    count = len(codes.codes)
    if count <= _FEW_CODES:
        owners = np.arange(count) if codes.owners is None else codes.owners
        return np.flatnonzero(
            choose_representatives(transpose_codes(codes.codes), owners, options.other_owner_only, distance)
        )
    roots, others, matches = _match_with_roots(codes, distance, options._replace(any_match=True))
    rest = others[matches.nearest == NO_MATCH]
    go_on = _find_representatives if len(rest) <= count // 2 else _find_representatives_by_halves
    return np.sort(np.concatenate((roots, rest[go_on(codes.select(rest), distance, options)])))


def _find_representatives_by_halves(codes: CodeSet, distance: int, options: MatchOptions) -> np.ndarray:
    """The same for codes of which a round decides few, such as a long chain of codes each near the one before.

    The representatives of the higher ranked half are found first, then those among the codes of the other half that are
    within the distance of none of these.
    """
    half = len(codes.codes) // 2
    upper, lower = codes.select(slice(half)), codes.select(slice(half, None))
    found = _find_representatives(upper, distance, options)
    matches = join_nearest(lower, upper.select(found), distance, options._replace(any_match=True))
    is_free = matches.nearest == NO_MATCH
    rest = half + np.flatnonzero(is_free)
    return np.concatenate((found, rest[_find_representatives(codes.select(rest), distance, options)]))
