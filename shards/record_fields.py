"""The fields of records. Encoding, decoding, parsing by TensorFlow and the tfds files all derive from these tables.
What each field holds is told by shards.descriptions.field_descriptions.

A dataset holds two kinds of records: crops, by which moods are learned, and whole frames, scaled down, by which a
finder learns where a dog or cat is.
"""

from typing import NamedTuple

from shards.crop_geometry import BoxEdges
from shards.descriptions.field_descriptions import CROP_DESCRIPTIONS, FRAME_DESCRIPTIONS, Description

# Name -> Python type of the field's value: bytes, str (stored as UTF-8), int (stored as int64), or BoxEdges (stored as
# four float32).
FIELDS: dict[str, type] = {
    "image": bytes,  # JPEG, square
    "label": int,  # 0..5, see shards.emotions
    "species": str,  # CAT, DOG or empty
    "video": str,
    "frame_number": int,
    "timestamp": int,  # milliseconds from the video's start
    "key": str,  # video/frame_number
    "video_index": int,  # position in a keyed permutation of the video's kept frames
    "video_count": int,  # number of the video's kept frames
}

# The same for the record of a whole frame.
FRAME_FIELDS: dict[str, type] = {
    "image": bytes,  # JPEG of the whole frame, its longer side at most FRAME_SIDE pixels
    "bbox": BoxEdges,  # the animal's box, inside the picture
    "width": int,  # of the stored picture, in pixels
    "height": int,
    "label": int,
    "species": str,
    "video": str,
    "frame_number": int,
    "key": str,
    "animal_count": int,  # animals that the label states; 0 where it states none. Only one of them has a box here
}

FRAME_SIDE = 320  # longer side of a stored whole frame, in pixels; smaller frames keep their size


class RecordKind(NamedTuple):
    """One of the two kinds of records."""

    name: str  # that the names of its shards begin with, and of the dataset that tensorflow_datasets sees
    fields: dict[str, type]
    place: tuple[str, str, str, str]  # columns of the manifest: shard, index, offset and length of a row's record
    descriptions: dict[str, Description]  # of the fields


CROPS = RecordKind("pet_mood", FIELDS, ("shard", "index", "offset", "length"), CROP_DESCRIPTIONS)
WHOLE_FRAMES = RecordKind(
    "pet_frames",
    FRAME_FIELDS,
    ("frame_shard", "frame_index", "frame_offset", "frame_length"),
    FRAME_DESCRIPTIONS,
)
RECORD_KINDS = (CROPS, WHOLE_FRAMES)
