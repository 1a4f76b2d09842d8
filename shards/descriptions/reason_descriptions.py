"""What each reason of the manifest means, for docs/dataset.md and a dataset's card."""

from shards.manifest import DUPLICATIONS, REJECTIONS

# By reason, in the order in which a row is checked.
REASON_DESCRIPTIONS = {
    "label_unreadable": (
        "the label file cannot be read, is neither JSON nor, of VOC, XML, or does not fit its checksum in an archive"
    ),
    "label_invalid": "the label file can be read but has no annotations, or is of another kind",
    "annotation_invalid": "a value cannot be used; the note shows it",
    "emotion_unknown": "the mood is none of the six",
    "video_repeated": "an earlier label file has the same name",
    "image_missing": "the source has no frame with this number and timestamp, or no photo of this name",
    "frame_repeated": "the label names this frame a second time",
    "image_unreadable": (
        "not a JPEG, truncated, of a kind that is not decoded, or not fitting its checksum in an archive"
    ),
    "image_size": "the image has another size than its label states, or an absurd one",
    "box_missing": "the annotation has no box",
    "box_negative": "the width or height of the box is negative, or its x or y with `--box.policy drop`",
    "box_empty": "the width or height of the box is 0",
    "box_outside": "the box leaves the image",
    "label_conflict": "its near-duplicates have other moods, and `--dedupe.conflicts` is `drop`",
    "near_in_video": "a near-duplicate of a frame of its own video",
    "near_across_videos": "a near-duplicate of a frame of another video",
    "near_validation": "a training frame that is a near-duplicate of a validation frame",
}


def tabulate_reasons() -> str:
    """The reasons as a Markdown table."""
    lines = [f"| `{reason}` | {REASON_DESCRIPTIONS[reason]} |" for reason in (*REJECTIONS, *DUPLICATIONS)]
    return "\n".join(["| reason | what is wrong |", "|---|---|", *lines])
