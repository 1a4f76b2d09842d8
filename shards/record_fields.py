"""A record's fields: the one table from which encoding, decoding, parsing and the tfds files derive."""

# name -> Python type of its one value: bytes, str (stored as UTF-8) or int (stored as int64)
FIELDS: dict[str, type] = {
    "image": bytes,  # JPEG, square
    "label": int,  # 0..5, see shards.emotions
    "species": str,  # CAT, DOG
    "video": str,
    "frame_number": int,
    "timestamp": int,  # milliseconds from the video's start
    "key": str,  # video/frame_number
    "video_index": int,  # place in the keyed permutation of the video's kept frames
    "video_count": int,  # the number of the video's kept frames
}
