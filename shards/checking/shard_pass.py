"""One pass over a shard: its SHA-256, the CRC of each record, and whether each is as the manifest states it.

A shard is read a piece at a time, and all is done with a piece while it is in the processor's cache. Many records are
compared at once with the bytes that they should have, which takes a fiftieth of the time of decoding each.
"""

import hashlib
from collections.abc import Iterator
from typing import BinaryIO

import google_crc32c
import numpy as np
import pyarrow as pa

from shards.checking.expected_records import ExpectedRecords, measure_parts
from shards.jpeg_headers import UnreadableImage, find_scan, read_header
from shards.storage.files import retry
from shards.storage.places import open_place
from shards.storage.stores.remote_path import AnyPlace
from shards.tfrecord import CRC_SIZE, HEAD_SIZE, OVERHEAD, mask_crc

_PIECE_SIZE = 2 << 20  # bytes: with its copies it fits the processor's cache, and has a hundred crops
_END_MARKER = b"\xff\xd9"  # of a JPEG


class ShardPass:
    """Passes over shards; the header of the last picture is kept, for all crops have the same one."""

    def __init__(self) -> None:
        self._head, self._size = b"", (0, 0)
        self._piece = bytearray(_PIECE_SIZE)  # used again: new memory would take as long as reading into it

    def check(self, path: AnyPlace, size: int, expected: ExpectedRecords | None) -> tuple[str, bool]:
        """The SHA-256 of a shard as hexadecimal digits, and whether all its records are shown to be as expected.

        They are not where nothing is expected, and where they do not fill `size` bytes, which the shard should have.
        Raises as shards.storage.places.read_place does.
        """
        state, is_sure = hashlib.sha256(), expected is not None and _fill_file(expected.places, size)
        with open_place(path) as file:
            for first, last in _divide(expected.places) if is_sure else ():
                part = expected.slice(first, last)
                size = int(part.places[:, 1].sum())
                data = self._read(file, size, path)
                state.update(data)
                is_sure = is_sure and len(data) == size and self._check_piece(data, part)
            while data := self._read(file, _PIECE_SIZE, path):
                state.update(data)
                is_sure = False  # longer than stated, or nothing is expected
        return state.hexdigest(), is_sure

    def _read(self, file: BinaryIO, size: int, path: AnyPlace) -> memoryview:
        """So many bytes, fewer at the file's end only; they are there until the next call."""
        if len(self._piece) < size:
            self._piece = bytearray(size)
        view, count = memoryview(self._piece)[:size], 0
        while count < size and (read := retry(lambda: file.readinto(view[count:]), path)):  # noqa: B023, called at once
            count += read
        return view[:count]

    def _check_piece(self, data: memoryview, expected: ExpectedRecords) -> bool:
        begins = expected.places[:, 0] - expected.places[0, 0]
        ends = begins + expected.places[:, 1] - CRC_SIZE
        first, last = begins + measure_parts(expected.heads), ends - measure_parts(expected.behind)  # of the picture
        return bool(
            (first <= last).all()
            and _slice(data, begins, first).equals(expected.heads)
            and _slice(data, last, ends).equals(expected.behind)
            and _check_crcs(data, begins + HEAD_SIZE, ends)
            and self._check_pictures(first.tolist(), last.tolist(), expected.sizes)
        )

    def _check_pictures(self, begins: list[int], ends: list[int], sizes: np.ndarray) -> bool:
        """Whether all pictures of the piece have headers of these sizes and their end marker."""
        data, head, is_size = self._piece, self._head, (sizes == self._size).all(axis=1).tolist()
        for place, (begin, end) in enumerate(zip(begins, ends, strict=True)):
            if (
                is_size[place]
                and data.startswith(head, begin)
                and data.startswith(_END_MARKER, end - 2)
                and end - begin >= len(head)
            ):
                continue  # read_header would read the same, and find the end marker
            picture = bytes(data[begin:end])
            try:
                header = read_header(picture)
            except UnreadableImage:
                return False
            if header != tuple(sizes[place]):
                return False
            self._head, self._size = head, header = picture[: find_scan(picture) + 4], header
            is_size = (sizes == header).all(axis=1).tolist()
        return True


def _fill_file(places: np.ndarray, size: int) -> bool:
    """Whether the records lie one after another from a file's first byte to its last."""
    if not len(places):
        return False
    ends = places.sum(axis=1)
    is_joined = places[0, 0] == 0 and (places[1:, 0] == ends[:-1]).all() and ends[-1] == size
    return bool(is_joined and (places[:, 1] > OVERHEAD).all())


def _divide(places: np.ndarray) -> Iterator[tuple[int, int]]:
    """The first record of each piece, and the first behind it."""
    first, ends = 0, places.sum(axis=1)
    while first < len(places):
        last = max(first + 1, int(np.searchsorted(ends, places[first, 0] + _PIECE_SIZE, "right")))
        yield first, last
        first = last


def _slice(data: memoryview, begins: np.ndarray, ends: np.ndarray) -> pa.Array:
    """The bytes from each place to another one, (places,) binary; the places ascend."""
    offsets = np.empty(2 * len(begins) + 1, np.int32)
    offsets[:-1:2], offsets[1::2], offsets[-1] = begins, ends, len(data)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    return pa.BinaryArray.from_buffers(pa.binary(), 2 * len(begins), buffers).take(
        pa.array(np.arange(0, 2 * len(begins), 2))
    )


def _check_crcs(data: memoryview, begins: np.ndarray, ends: np.ndarray) -> bool:
    """Whether the CRC behind each record fits it."""
    pairs = zip(begins.tolist(), ends.tolist(), strict=True)
    found = np.array([google_crc32c.value(data[begin:end].tobytes()) for begin, end in pairs], np.uint32)
    stated = np.frombuffer(data, np.uint8)[ends[:, None] + np.arange(CRC_SIZE)].view("<u4")[:, 0]
    return bool((stated == mask_crc(found)).all())
