"""The fields of a record. Encoding, decoding, parsing by TensorFlow and the tfds files all derive from this table."""

# Name -> Python type of the field's single value: bytes, str (stored as UTF-8) or int (stored as int64).
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
