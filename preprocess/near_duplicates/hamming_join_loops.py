"""The compiled loops of the Hamming join.

They take codes of one word as (n,) arrays and codes of four words as (4, n) arrays, see transpose_codes; numba compiles
each kind by itself. Indices are unsigned, because a signed index is tested for being negative at each use. Loops that
call one another are in one file, because numba decides by a function's own file whether its compiled form is current.
"""

import numba
import numpy as np
from numba.extending import intrinsic

VECTOR = np.uint64(32)  # codes that find_least_distance compares in one turn of its vectorised loop
_LONG_BUCKET = np.uint64(128)  # codes from which on it pays to leave out those that are ranked below a query
_QUERY_BLOCK = np.uint64(16)  # queries that are compared with the same codes, so that the inner loops have one length


def transpose_codes(codes: np.ndarray) -> np.ndarray:
    """Codes (n, words) as the loops take them: (n,) where they have one word, else (words, n)."""
    return codes[:, 0].copy() if codes.shape[1] == 1 else codes.T.copy()


@intrinsic
def _count_ones(typing, value):
    """The number of set bits, by LLVM's ctpop."""

    def generate(context, builder, signature, arguments):
        return builder.ctpop(arguments[0])

    return numba.uint64(numba.uint64), generate


@numba.njit(cache=True, nogil=True)
def count_differing_bits(a, i, b, j):
    """The Hamming distance between code i of `a` and code j of `b`."""
    if a.ndim == 1:
        return _count_ones(a[i] ^ b[j])
    return (
        _count_ones(a[0, i] ^ b[0, j])
        + _count_ones(a[1, i] ^ b[1, j])
        + _count_ones(a[2, i] ^ b[2, j])
        + _count_ones(a[3, i] ^ b[3, j])
    )


@numba.njit(cache=True, nogil=True)
def find_least_distance(a, i, b, start, stop):
    """The least distance between code i of `a` and codes start to stop of `b`, in a loop that numba vectorises."""
    least = np.uint64(256)
    for j in range(start, stop):
        least = min(least, count_differing_bits(a, i, b, j))
    return least


# Sorting by radix, and buckets.


@numba.njit(cache=True, nogil=True)
def count_buckets(word, shift, width):
    """Where the bucket of each value of `width` bits of `word`, from bit `shift` on, starts; uint64 (2**width + 1,)."""
    starts, mask = np.zeros((1 << width) + 1, np.uint64), np.uint64((1 << width) - 1)
    for i in range(len(word)):
        starts[((word[i] >> shift) & mask) + np.uint64(1)] += np.uint64(1)
    for value in range(1 << width):
        starts[value + 1] += starts[value]
    return starts


@numba.njit(cache=True, nogil=True)
def scatter_by_bits(codes, rows, word, shift, width, padding):
    """One stable pass of a radix sort of codes and their rows; `padding` zeros follow the sorted codes."""
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
def join_buckets(
    first_bucket,
    last_bucket,
    queries,
    query_positions,
    query_owners,
    query_starts,
    targets,
    target_positions,
    target_owners,
    target_starts,
    masks,
    mask_minima,
    higher_ranked_only,
    other_owner_only,
    any_match,
    best,
    nearest,
    limit,
):
    """Compare the queries of some buckets with the targets of all buckets within the band's radius.

    Queries and targets are sorted by the band's bits, `*_starts` are the bounds of their buckets; positions ascend
    within a bucket. A mask is a difference between two buckets, mask_minima the least distance at which it can find
    what no smaller mask has found. `best` and `nearest` hold the distance and position of each query's nearest match so
    far and are updated; `limit` is the greatest distance of a match. For the three flags see MatchOptions.
    """
    for value in range(first_bucket, last_bucket):
        begin, end = query_starts[value], query_starts[value + 1]
        if begin == end:
            continue
        for mask, minimum in zip(masks, mask_minima):  # noqa: B905, numba does not support `strict`
            start, stop = target_starts[value ^ mask], target_starts[(value ^ mask) + 1]
            if start == stop:
                continue
            # Targets from `start` to `edge` are compared. Where only higher ranked ones match and leaving out the
            # others pays, the edge follows the queries' positions.
            edge = start if higher_ranked_only and (mask == 0 or stop - start > _LONG_BUCKET) else stop
            block = np.uint64(1) if mask == 0 else _QUERY_BLOCK  # queries that share an edge
            next_block = begin
            for i in range(begin, end):
                if i == next_block and edge < stop:
                    next_block = min(i + block, end)
                    while edge < stop and target_positions[edge] < query_positions[next_block - np.uint64(1)]:
                        edge += np.uint64(1)
                if best[i] < minimum or (any_match and best[i] <= limit):
                    continue
                # Rounded up to whole vectors. The excess targets do no harm: the loop below leaves them out. But in a
                # query's own bucket the query itself may be among them, and would always lead to that loop.
                excess = np.uint64(0) if mask == 0 else (start - edge) & (VECTOR - np.uint64(1))
                least = find_least_distance(queries, i, targets, start, edge + excess)
                if least <= limit and least <= best[i]:
                    for j in range(start, edge):
                        if (other_owner_only and target_owners[j] == query_owners[i]) or (
                            higher_ranked_only and target_positions[j] >= query_positions[i]
                        ):
                            continue
                        distance = count_differing_bits(queries, i, targets, j)
                        if distance < best[i] or (
                            distance == best[i] and nearest[i] >= 0 and target_positions[j] < nearest[i]
                        ):
                            best[i], nearest[i] = distance, target_positions[j]


# Clustering by comparing with every representative.


@numba.njit(cache=True, nogil=True)
def choose_representatives(codes, owners, other_owner_only, distance):
    """Greedy leader clustering of codes in rank order: which of them are representatives, bool (n,)."""
    n = codes.shape[-1]
    is_representative = np.zeros(n, np.bool_)
    kept, kept_owners, count = np.empty_like(codes), np.empty_like(owners), np.uint64(0)
    for i in range(n):
        is_free = find_least_distance(codes, i, kept, np.uint64(0), count) > distance
        if not is_free and other_owner_only:
            is_free = True
            for j in range(count):
                is_free &= kept_owners[j] == owners[i] or count_differing_bits(codes, i, kept, j) > distance
        if is_free:
            kept[..., count], kept_owners[count] = codes[..., i], owners[i]
            count += np.uint64(1)
            is_representative[i] = True
    return is_representative


@numba.njit(cache=True, nogil=True)
def cluster_videos(first, last, codes, starts, distance, nearest, bits):
    """Greedy leader clustering of each video from `first` to `last`; fills in the columns of Matches."""
    longest = 0
    for video in range(first, last):
        longest = max(longest, starts[video + 1] - starts[video])
    kept, positions = np.empty_like(codes[..., :longest]), np.empty(longest, np.int64)
    for video in range(first, last):
        count = np.uint64(0)
        for i in range(starts[video], starts[video + 1]):
            least = find_least_distance(codes, i, kept, np.uint64(0), count)
            if least > distance:
                kept[..., count] = codes[..., i]
                positions[count] = i
                count += np.uint64(1)
                continue
            j = np.uint64(0)
            while count_differing_bits(codes, i, kept, j) != least:
                j += np.uint64(1)
            nearest[i], bits[i] = positions[j], least


@numba.njit(cache=True, nogil=True)
def order_videos_farthest_first(first, last, codes, starts, order, radius):
    """The farthest-first order of each video from `first` to `last`; fills in `order` and `radius`."""
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


# Equal codes.


@numba.njit(cache=True, nogil=True)
def splitmix64(codes):
    """A hash of each code, uint64 (n,), by splitmix64's output function (Steele, Lea, Flood 2014), word by word.

    On codes of one word it is a permutation of all 64-bit values.
    """
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
def find_first_occurrences(codes, hashed, rows, begin, end, first):
    """For each code (row of `codes`) of hashes begin to end, fills in `first`: the row of the first that equals it.

    `rows` are the rows of the hashes and ascend among equal hashes. By an open-addressing hash table.
    """
    size = np.uint64(1)
    while size < np.uint64(2) * (end - begin):
        size *= np.uint64(2)
    table = np.full(size, -1, np.int64)
    for i in range(begin, end):
        slot = hashed[i] & (size - np.uint64(1))
        while table[slot] >= 0:
            is_same = hashed[table[slot]] == hashed[i]
            for word in range(codes.shape[1] if is_same else 0):
                is_same &= codes[rows[table[slot]], word] == codes[rows[i], word]
            if is_same:
                break
            slot = (slot + np.uint64(1)) & (size - np.uint64(1))
        if table[slot] < 0:
            table[slot] = i
        first[rows[i]] = rows[table[slot]]
