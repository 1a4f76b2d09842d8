"""A row of the manifest while preprocess works on it, with the columns that only the files of its own work have."""

from typing import Annotated

import msgspec
import pyarrow as pa

from shards.manifest_row import ManifestRow


class FrameRow(ManifestRow, kw_only=True, forbid_unknown_fields=True):
    """The manifest's columns and those that the stages hand to one another.

    The column of `picture_digest` is called `pixels` in the files.
    """

    content: Annotated[int, pa.uint32()] | None = None  # CRC-32C of the frame's file; None where it was not read
    # Place in the global order of records; None for rows that their video task does not keep.
    shuffle_key: Annotated[int, pa.uint64()] | None = None
    spill_offset: Annotated[int, pa.int64()] | None = None  # of the frame's record in its task's file, in bytes
    spill_length: Annotated[int, pa.int32()] | None = None  # of that record, in bytes
    spill_check: Annotated[int, pa.uint32()] | None = None  # CRC-32C of that record
    frame_spill_offset: Annotated[int, pa.int64()] | None = None  # the same of the whole frame's record
    frame_spill_length: Annotated[int, pa.int32()] | None = None
    frame_spill_check: Annotated[int, pa.uint32()] | None = None
    # Of a frame whose detail score is under the minimum: digest of the picture that would be stored.
    picture_digest: Annotated[bytes, pa.binary(16)] | None = msgspec.field(default=None, name="pixels")
