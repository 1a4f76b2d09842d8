"""The nearest code within a Hamming distance, exactly: multi-index hashing (Norouzi, Punjani, Fleet 2012).

Codes are cut into bands of bits. Let the bands have radii r with sum(r + 1) = d + 1. Two codes that differ by at most d
bits then differ in at least one band by no more than that band's radius: otherwise they would differ by at least
sum(r + 1) > d bits. So for each band, queries and targets are sorted into buckets by the band's bits, and a query is
compared only with the targets in buckets that differ from its own by at most the radius. No pair is missed. Only each
query's nearest match is kept, so memory is linear in the number of codes.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from preprocess.core_count import count_cores
from preprocess.near_duplicates.band_layout import Band, plan_bands
from preprocess.near_duplicates.hamming_join_loops import (
    VECTOR,
    count_buckets,
    join_buckets,
    scatter_by_bits,
    transpose_codes,
)
from preprocess.near_duplicates.matches import NO_MATCH, Matches

_FEW_QUERIES = 20_000  # up to which threads do not pay
_CHUNKS = 64  # in which the buckets are handed to the threads
_RADIX_BITS = 8  # of one sorting pass: writing to 65,536 places at once is slower than two passes to 256


class MatchOptions(NamedTuple):
    """Which targets a query may match, and whether it matters which one it gets."""

    higher_ranked_only: bool = False  # those at a lower position than the query's
    other_owner_only: bool = False  # those with another owner than the query's
    any_match: bool = False  # any match will do: the search for a nearer one ends there


class CodeSet(NamedTuple):
    """Codes on one side of a join, with their positions, by which matches are named and ranked, and their owners."""

    codes: np.ndarray  # uint64 (n, words)
    positions: np.ndarray | None = None  # int (n,), ascending; the row numbers where None
    owners: np.ndarray | None = None  # int (n,); the positions where None

    def select(self, rows: np.ndarray | slice) -> "CodeSet":
        return CodeSet(*(None if column is None else column[rows] for column in self))


class _Buckets(NamedTuple):
    """Codes sorted by a band's bits, and the bounds of the buckets of codes that agree in them."""

    codes: np.ndarray  # as the loops take them, with zeros behind, because loops read in whole vectors
    rows: np.ndarray  # of the unsorted codes
    positions: np.ndarray  # ascending within a bucket
    owners: np.ndarray
    starts: np.ndarray


def join_nearest(
    queries: CodeSet, targets: CodeSet, distance: int, options: MatchOptions, known: Matches | None = None
) -> Matches:
    """For each query the position of the nearest target within the distance that the options allow.

    Of equally near targets the one at the lowest position. `known` are matches with other targets, at other positions,
    found before: they compete with those found here.
    """
    best = np.full(len(queries.codes), distance + 1, np.int16)
    nearest = np.full(len(queries.codes), NO_MATCH, np.int32)
    if known is not None:
        best[:], nearest[:] = np.where(known.nearest == NO_MATCH, distance + 1, known.distance), known.nearest
    sides = [_prepare(side) for side in ((targets,) if targets is queries else (queries, targets))]
    bands = []
    if len(queries.codes) and len(targets.codes):
        bands = plan_bands(64 * targets.codes.shape[1], distance, len(targets.codes))
    with ThreadPoolExecutor(count_cores()) as pool:  # the loops release Python's lock

        def sort_ahead(band: Band) -> list:
            return [pool.submit(_sort_by_band, side, band, options.other_owner_only) for side in sides]

        sorting = sort_ahead(bands[0]) if bands else []
        for turn, band in enumerate(bands):
            buckets = [future.result() for future in sorting]
            sorting = sort_ahead(bands[turn + 1]) if turn + 1 < len(bands) else []
            # A pair at distance b differs in some band by at most b / len(bands) bits. So a pair that only masks of m
            # bits or more find, in any band, differs by at least m * len(bands).
            mask_minima = (np.bitwise_count(band.masks) * len(bands)).astype(np.int16)
            _join_band(pool, buckets[0], buckets[-1], (band.masks, mask_minima), options, (best, nearest), distance)
    best[nearest == NO_MATCH] = 0
    return Matches(nearest.astype(np.int64), best)


def _join_band(
    pool: ThreadPoolExecutor,
    queries: _Buckets,
    targets: _Buckets,
    masks: tuple[np.ndarray, np.ndarray],
    options: MatchOptions,
    found: tuple[np.ndarray, np.ndarray],
    distance: int,
) -> None:
    """Improve `found`, each query's (distance, position), by what one band finds.

    The queries' buckets are shared out among the threads, so that no two threads write to the same query.
    """
    chunks = _CHUNKS if len(queries.rows) > _FEW_QUERIES else 1
    edges = np.searchsorted(queries.starts, np.linspace(0, len(queries.rows), chunks + 1).astype(int))
    edges[0], edges[-1] = 0, len(queries.starts) - 1
    query_side = queries.codes, queries.positions, queries.owners, queries.starts
    target_side = targets.codes, targets.positions, targets.owners, targets.starts
    best, nearest = (column[queries.rows] for column in found)  # in the order of the sorted queries

    def join_chunk(first: int, last: int) -> None:
        join_buckets(first, last, *query_side, *target_side, *masks, *options, best, nearest, np.int16(distance))

    list(pool.map(join_chunk, edges[:-1], edges[1:]))
    found[0][queries.rows], found[1][queries.rows] = best, nearest


def _prepare(side: CodeSet) -> CodeSet:
    """The columns in the types and the layout that the loops take."""
    columns = (None if column is None else column.astype(np.int32) for column in side[1:])
    return CodeSet(transpose_codes(side.codes), *columns)


def _sort_by_band(side: CodeSet, band: Band, with_owners: bool) -> _Buckets:
    """A stable radix sort of prepared codes by a band's bits."""
    codes, rows = side.codes, np.arange(side.codes.shape[-1], dtype=np.int32)
    starts = count_buckets(_get_word(codes, band), np.uint64(band.shift), band.width)
    for done in range(0, band.width, _RADIX_BITS):
        shift, width = np.uint64(band.shift + done), min(_RADIX_BITS, band.width - done)
        codes, rows = scatter_by_bits(codes, rows, _get_word(codes, band), shift, width, VECTOR)
    positions = rows if side.positions is None else side.positions[rows]
    owners = side.owners[rows] if with_owners and side.owners is not None else positions
    return _Buckets(codes, rows, positions, owners, starts)


def _get_word(codes: np.ndarray, band: Band) -> np.ndarray:
    return codes if codes.ndim == 1 else codes[band.word]
