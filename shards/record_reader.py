"""Reading single records, of crops or of whole frames, by the place that the manifest states: shard and offset."""

import io
from typing import Any, BinaryIO

from shards.record import decode_record
from shards.record_fields import CROPS, RecordKind
from shards.storage.places import open_raw
from shards.storage.stores.remote_path import AnyPlace, RemotePath
from shards.tfrecord import DamagedRecord, read_record_at

_REQUEST_SIZE = 64 << 10  # bytes of a store's shard that are asked for at a time: nearly every record is shorter


class RecordReader:
    """Reads records of a dataset on a disk or in a store. A context manager: it closes the open shard at the end.

    The shard of the last record stays open, so each file is opened once if records are read in the order of
    (shard, offset).
    """

    def __init__(self, folder: AnyPlace):
        self._folder = folder
        self._shard: str | None = None  # name of the open file
        self._file: BinaryIO | None = None

    def __enter__(self) -> "RecordReader":
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def read_image(self, shard: str, offset: int, kind: RecordKind = CROPS) -> bytes:
        """Return the JPEG of one record; for arguments and errors see read_values."""
        return self.read_values(shard, offset, kind)["image"]

    def read_values(self, shard: str, offset: int, kind: RecordKind = CROPS) -> dict[str, Any]:
        """Return the fields of one record, by name.

        Args:
            shard: name of the file.
            offset: where the record's frame begins in it, in bytes.
            kind: of the shard's records.

        Raises OSError where the shard cannot be opened or read, and DamagedRecord where no intact record with an image
        is found.
        """
        if shard != self._shard:
            self._close()
            self._file = _open_shard(self._folder / shard)
            self._shard = shard
        record = read_record_at(self._file, offset)
        try:
            values = decode_record(record, kind.fields)
        except ValueError as error:
            raise DamagedRecord(offset, str(error)) from error
        if "image" not in values:
            raise DamagedRecord(offset, "the record has no image")
        return values

    def _close(self) -> None:
        if self._file:
            self._file.close()
        self._shard = self._file = None


def _open_shard(path: AnyPlace) -> BinaryIO:
    if isinstance(path, RemotePath):
        return io.BufferedReader(open_raw(path), _REQUEST_SIZE)
    return open(path, "rb")
