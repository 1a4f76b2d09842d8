"""A row of the manifest: the one definition of its columns, from which the Parquet schema is made.

Each field of ManifestRow is a column of the same name, in this order. A field whose type includes None is nullable.
What each column holds is told by shards.descriptions.field_descriptions, and in the metadata of the schema.
"""

from typing import Annotated, get_args, get_type_hints

import msgspec
import pyarrow as pa

from shards.descriptions.field_descriptions import COLUMN_DESCRIPTIONS

_Text = Annotated[str, pa.string()]
_Mood = Annotated[str, pa.dictionary(pa.int8(), pa.string())]
_Int8 = Annotated[int, pa.int8()]
_Int16 = Annotated[int, pa.int16()]
_Int32 = Annotated[int, pa.int32()]
_Int64 = Annotated[int, pa.int64()]


class ManifestRow(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One annotation that was read, kept or not. Setting an attribute that is no column raises AttributeError."""

    key: _Text  # video/frame_number; the video alone where there is no frame
    source: _Int16  # index into the list of sources
    label_file: _Text  # path relative to the source
    image_file: _Text | None = None  # path relative to the source
    video: _Text
    frame_number: _Int32 | None = None  # None only where the label file could not be used
    timestamp: _Int64 | None = None  # milliseconds from the start of the video
    species: _Text | None = None  # CAT, DOG
    action: _Text | None = None  # the code in the video's name, such as WALKRUN
    breed: _Text | None = None
    gender: _Text | None = None
    age: _Int32 | None = None
    neuter: _Text | None = None
    location: _Text | None = None
    date: _Text | None = None  # YYYYMMDD
    animal_count: _Int32 | None = None  # how many animals the label states, of which the box is around one
    width: _Int32 | None = None  # of the JPEG as stored, in pixels; None where it could not be read
    height: _Int32 | None = None
    box_x: _Int32 | None = None  # the box as annotated, in pixels of the JPEG
    box_y: _Int32 | None = None
    box_width: _Int32 | None = None
    box_height: _Int32 | None = None
    crop_x: _Int32 | None = None  # the square that was cut, in pixels of the JPEG; negative where it was padded
    crop_y: _Int32 | None = None
    crop_size: _Int32 | None = None
    emotion_inspect: _Text | None = None  # the mood as the inspector labelled it; `label` comes from this one
    emotion_owner: _Text | None = None  # the mood as the owner labelled it
    label: _Int8 | None = None  # number of the mood, see shards.emotions; None where it is unknown
    mood_korean: _Mood | None = None  # the names of that mood; write_manifest fills them in
    mood_english: _Mood | None = None
    split: _Text | None = None  # one of shards.manifest.SPLITS
    status: _Text  # one of shards.manifest.STATUSES
    reason: _Text | None = None  # of a duplicate or rejected row: one of shards.manifest.DUPLICATIONS or REJECTIONS
    note: _Text | None = None  # details for a human reader
    hash: Annotated[bytes, pa.binary(8)] | None = None  # perceptual hash, big-endian; 32 bytes where it has 256 bits
    detail: _Int32 | None = None  # detail score of the crop, see preprocess.cutting.phash
    duplicate_of: _Text | None = None  # key of the representative
    distance: _Int16 | None = None  # bits in which the hash differs from that of duplicate_of
    shard: _Text | None = None  # file name; this and the next five columns only where the frame has a record
    index: _Int32 | None = None  # of the record in its shard, from 0
    offset: _Int64 | None = None  # of the record in its shard, in bytes
    length: _Int32 | None = None  # of the record with its TFRecord header and checksums, in bytes
    video_index: _Int32 | None = None  # position in the keyed permutation of the video's kept frames
    video_count: _Int32 | None = None  # number of the video's kept frames
    frame_shard: _Text | None = None  # the same of the record of the whole frame, where there is one
    frame_index: _Int32 | None = None
    frame_offset: _Int64 | None = None
    frame_length: _Int32 | None = None


def list_columns(row: type[ManifestRow]) -> list[pa.Field]:
    """The Parquet columns of a row type, in the order of its fields and under their encoded names."""
    hints = get_type_hints(row, include_extras=True)
    return [_make_column(field.encode_name, hints[field.name]) for field in msgspec.structs.fields(row)]


def _make_column(name: str, hint: object) -> pa.Field:
    is_nullable = type(None) in get_args(hint)
    annotated = get_args(hint)[0] if is_nullable else hint
    (arrow_type,) = annotated.__metadata__
    return pa.field(name, arrow_type, nullable=is_nullable, metadata=_describe(name))


def _describe(name: str) -> dict[str, str] | None:
    """The metadata of a column; None for those that only preprocess's own work has."""
    found = COLUMN_DESCRIPTIONS.get(name)
    return found and {"description": found.what, "unit": found.unit, "null": found.null}
