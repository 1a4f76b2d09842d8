"""What each column of the manifest and each field of a record holds, in words: the one table of it.

From here come the metadata of the Parquet schema, the descriptions in features.json, the tables of docs/dataset.md and
those of a dataset's card. Light: no library is imported.
"""

from typing import NamedTuple


class Description(NamedTuple):
    """A column or a field, in words for somebody who sees only the file."""

    what: str
    unit: str = ""  # of its numbers, or the values that it may have; empty where there is nothing to say
    null: str = "never"  # in which rows it is null


_NO_ANNOTATION = "the label file could not be used, or the annotation names no frame"
_UNSTATED = "the label does not state it"
_NO_BOX = "the annotation has no box that can be read"
_UNREAD = "the image was not read, or is no JPEG"
_UNCUT = "no crop was cut: the row was rejected for its label, its image or its box"
_NO_MOOD = "the mood is missing or none of the six"
_NO_REPRESENTATIVE = "the row stands for itself: its status is no `duplicate`"
_NO_RECORD = "the row has no record: its status is not `kept`, or this is a dry run"
_NO_WHOLE_FRAME = "there is no whole frame of the row"
_PIXELS = "pixels of the stored JPEG"

# The columns of manifest.parquet. shards.manifest_row has their types.
COLUMN_DESCRIPTIONS = {
    "key": Description("name of the row: `video/frame_number`; the video alone where there is no frame"),
    "source": Description("which of the sources that preprocess was given", "number from 0"),
    "label_file": Description("the label file", "path in the source"),
    "image_file": Description("the frame's JPEG", "path in the source", "the source has no such image"),
    "video": Description("name of the video; of a photo, its own path without suffix"),
    "frame_number": Description("place of the frame in its video", "", _NO_ANNOTATION),
    "timestamp": Description("time of the frame in its video", "milliseconds from the start", _UNSTATED),
    "species": Description("kind of animal", "CAT, DOG", _UNSTATED),
    "action": Description("code of the action, from the video's name", "such as WALKRUN", "the name has none"),
    "breed": Description("breed, as the label has it", "", _UNSTATED),
    "gender": Description("sex of the animal, as the label has it", "MALE, FEMALE", _UNSTATED),
    "age": Description("age of the animal", "years", _UNSTATED),
    "neuter": Description("whether the animal is neutered", "Y, N", _UNSTATED),
    "location": Description("where it was filmed, as the label has it", "", _UNSTATED),
    "date": Description("day of the video, from its name", "YYYYMMDD", "the name has none"),
    "animal_count": Description("animals in the picture; the box is around one of them", "animals", _UNSTATED),
    "width": Description("width of the JPEG as stored, EXIF turning ignored", "pixels", _UNREAD),
    "height": Description("height of the JPEG as stored, EXIF turning ignored", "pixels", _UNREAD),
    "box_x": Description("left edge of the box, as annotated", _PIXELS, _NO_BOX),
    "box_y": Description("upper edge of the box, as annotated", _PIXELS, _NO_BOX),
    "box_width": Description("width of the box, as annotated", _PIXELS, _NO_BOX),
    "box_height": Description("height of the box, as annotated", _PIXELS, _NO_BOX),
    "crop_x": Description("left edge of the square that was cut; negative where padded", _PIXELS, _UNCUT),
    "crop_y": Description("upper edge of the square that was cut; negative where padded", _PIXELS, _UNCUT),
    "crop_size": Description("side of the square that was cut", _PIXELS, _UNCUT),
    "emotion_inspect": Description("the mood as the inspector wrote it; `label` comes from it", "", _UNSTATED),
    "emotion_owner": Description("the mood as the owner wrote it", "", _UNSTATED),
    "label": Description("number of the mood", "0 to 5", _NO_MOOD),
    "mood_korean": Description("Korean name of the mood in `label`", "one of six", _NO_MOOD),
    "mood_english": Description("English name of the mood in `label`", "one of six", _NO_MOOD),
    "split": Description("what the video is for", "train, val", "no frame of the video has a mood"),
    "status": Description("what became of the row", "kept, duplicate, rejected, unselected"),
    "reason": Description("why it became that", "see Reasons", "the status is `kept` or `unselected`"),
    "note": Description("more about it, for a human reader", "", "there is nothing to say"),
    "hash": Description("perceptual hash of the crop, big-endian", "64 or 256 bits", _UNCUT),
    "detail": Description("how much detail the hash comes from; low for black or featureless", "score", _UNCUT),
    "duplicate_of": Description("key of the row that stands for this one", "", _NO_REPRESENTATIVE),
    "distance": Description("bits in which the hashes of both differ", "bits", _NO_REPRESENTATIVE),
    "shard": Description("file with the record of the crop", "file name", _NO_RECORD),
    "index": Description("place of the record in its shard", "number from 0", _NO_RECORD),
    "offset": Description("where the record begins in its shard, TFRecord header included", "bytes", _NO_RECORD),
    "length": Description("size of the record with TFRecord header and checksums", "bytes", _NO_RECORD),
    "video_index": Description("place in a random order of the video's kept frames", "number from 0", _NO_RECORD),
    "video_count": Description("kept frames of the video", "frames", _NO_RECORD),
    "frame_shard": Description("file with the record of the whole frame", "file name", _NO_WHOLE_FRAME),
    "frame_index": Description("place of that record in its shard", "number from 0", _NO_WHOLE_FRAME),
    "frame_offset": Description("where that record begins in its shard", "bytes", _NO_WHOLE_FRAME),
    "frame_length": Description("size of that record with header and checksums", "bytes", _NO_WHOLE_FRAME),
}

_SHARED_FIELDS = {
    "label": Description("number of the mood", "0 to 5"),
    "species": Description("kind of animal", "CAT, DOG", "never; empty where the label does not state it"),
    "video": Description("name of the video"),
    "frame_number": Description("place of the frame in its video"),
    "key": Description("`video/frame_number`, as in the manifest"),
}

# The fields of a crop's record. shards.record_fields has their types.
CROP_DESCRIPTIONS = {
    "image": Description("the crop as a square JPEG; 256 pixels unless `crop.size` says otherwise", "JPEG, RGB"),
    **_SHARED_FIELDS,
    "timestamp": Description("time of the frame in its video", "milliseconds from the start"),
    "video_index": Description("place in a random order of the video's kept frames", "number from 0"),
    "video_count": Description("kept frames of the video", "frames"),
}

# The fields of a whole frame's record.
FRAME_DESCRIPTIONS = {
    "image": Description("the whole frame, scaled down to at most 320 pixels at its longer side", "JPEG, RGB"),
    "bbox": Description("the box as ymin, xmin, ymax, xmax", "fractions of height and width, 0 to 1"),
    "width": Description("width of this picture", "pixels"),
    "height": Description("height of this picture", "pixels"),
    **_SHARED_FIELDS,
    "animal_count": Description("animals that the label states; one has its box here", "animals; 0 where not stated"),
}
