"""Defects of the kinds that occur in AI Hub's data, each in a video of its own, and harmless oddities of labels.

A defect is a function that changes a SampleVideo of six frames and returns numbers by name. Names out of REJECTIONS are
the rows that a reader must reject for that reason; other names are oddities that must not cost a row.
"""

import copy
import unicodedata
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from shards.emotions import KOREAN
from tools.sample.canvas import encode_sample_jpeg
from tools.sample.labels import encode_label
from tools.sample.video_files import SampleVideo
from tools.sample.video_plans import SampleSpec, VideoPlan, make_animal

REPEATED_IN_VALIDATION = "frames shown again in a video of validation, as happy ones"  # an oddity that adds rows
_CALM, HAPPY = KOREAN.index("편안/안정"), KOREAN.index("행복/즐거움")
_FRAMES = 6  # of a video with a defect


def plan_defects(spec: SampleSpec) -> list[VideoPlan]:
    """One video for each defect, numbered after the videos without defects; none where the spec excludes defects."""
    return [
        VideoPlan(number, make_animal(spec.seed, number), _CALM, "Training", _FRAMES, spec.height, spec.seed, name)
        for number, name in enumerate(DEFECTS if spec.defects else (), spec.videos)
    ]


def add_label_oddities(video: SampleVideo) -> dict[str, int]:
    """Add a byte order mark to the label where the plan wants one, and count the oddities of the label."""
    plan = video.plan
    if plan.byte_order_mark:
        video.label = b"\xef\xbb\xbf" + encode_label(video.label)
    return {
        "labels with a byte order mark": int(plan.byte_order_mark),
        "labels with unknown keys": int(plan.extra_keys),
        "labels whose owner saw another mood": int(plan.number % 3 == 1),
    }


def _truncate_label(video: SampleVideo) -> dict[str, int]:
    text = encode_label(video.label)
    video.label = text[: len(text) // 2]
    return {"label_unreadable": 1}


def _remove_inspector(video: SampleVideo) -> dict[str, int]:
    del video.label["metadata"]["inspect"]
    return {"emotion_unknown": len(video.rows)}


def _empty_annotation_list(video: SampleVideo) -> dict[str, int]:
    video.label["annotations"] = []
    return {"label_invalid": 1}


def _write_odd_numbers(video: SampleVideo) -> dict[str, int]:
    """Two numbers that can still be read, and two values that make their annotation invalid."""
    video.boxes[0]["x"] = str(video.boxes[0]["x"])
    video.boxes[1]["width"] = float(video.boxes[1]["width"])
    video.boxes[2]["x"] = "twenty"
    video.rows[3]["timestamp"] = None
    return {"annotation_invalid": 2, "whole numbers in quotes or as floats": 2}


def _use_unknown_mood(video: SampleVideo) -> dict[str, int]:
    video.label["metadata"]["inspect"]["emotion"] = "궁금함/호기심"
    return {"emotion_unknown": len(video.rows)}


def _repeat_video(video: SampleVideo) -> dict[str, int]:
    video.other_files[f"Training/라벨링데이터_2/{video.plan.name}.json"] = encode_label(video.label)
    return {"video_repeated": len(video.rows)}


def _remove_images(video: SampleVideo) -> dict[str, int]:
    for index in (1, 3, 4):
        del video.images[video.find_image_name(index)]
    return {"image_missing": 3}


def _remove_frame_directory(video: SampleVideo) -> dict[str, int]:
    video.images.clear()
    return {"image_missing": len(video.rows), "labels without a frame directory": 1}


def _repeat_frames(video: SampleVideo) -> dict[str, int]:
    video.rows.insert(1, copy.deepcopy(video.rows[0]))  # one repetition beside its original, the next one far from it
    video.rows.append(copy.deepcopy(video.rows[3]))
    return {"frame_repeated": 2}


def _corrupt_images(video: SampleVideo) -> dict[str, int]:
    whole = video.images[video.find_image_name(0)]
    for index, broken in ((0, whole[: len(whole) // 2]), (2, b""), (5, b"404 Not Found\n")):
        video.images[video.find_image_name(index)] = broken
    return {"image_unreadable": 3}


def _misstate_size(video: SampleVideo) -> dict[str, int]:
    video.label["metadata"].update(width=123, height=456)
    return {"image_size": len(video.rows)}


def _claim_huge_image(video: SampleVideo) -> dict[str, int]:
    image = video.images[video.find_image_name(3)]
    size = image.index(b"\xff\xc0") + 5  # after marker, length and precision: height and width, 16 bits each
    video.images[video.find_image_name(3)] = image[:size] + b"\xff" * 4 + image[size + 4 :]
    return {"image_size": 1}


def _remove_boxes(video: SampleVideo) -> dict[str, int]:
    video.rows[1]["bounding_box"] = None
    del video.rows[3]["bounding_box"]
    return {"box_missing": 2}


def _make_boxes_negative(video: SampleVideo) -> dict[str, int]:
    video.boxes[0]["x"] = -7
    video.boxes[2]["y"] = -1
    video.boxes[4]["width"] *= -1
    return {"box_negative": 3}


def _empty_boxes(video: SampleVideo) -> dict[str, int]:
    video.boxes[1]["width"] = 0
    video.boxes[5]["height"] = 0
    return {"box_empty": 2}


def _move_boxes_outside(video: SampleVideo) -> dict[str, int]:
    (width, height), boxes = video.plan.size, video.boxes
    boxes[0]["x"] = width - boxes[0]["width"] + 12
    boxes[1]["y"] = height - boxes[1]["height"] + 1
    boxes[2]["x"] = width - boxes[2]["width"]
    boxes[3]["y"] = height - boxes[3]["height"]
    return {"box_outside": 2, "boxes that touch the border": 2}


def _combine_defects(video: SampleVideo) -> dict[str, int]:
    """Rows with two defects each, of which the one that comes first in REJECTIONS is the reason."""
    video.label["metadata"]["inspect"]["emotion"] += " "
    video.rows[0]["bounding_box"] = None
    del video.images[video.find_image_name(0)]
    video.rows.append(copy.deepcopy(video.rows[0]))
    video.boxes[1]["x"] = -7
    video.images[video.find_image_name(1)] = b""
    video.boxes[2].update(x=-7, width=0)
    video.boxes[3].update(x=video.plan.size[0], height=0)
    return {"image_missing": 2, "image_unreadable": 1, "box_negative": 1, "box_empty": 1, "mood names with a space": 1}


def _decompose_mood(video: SampleVideo) -> dict[str, int]:
    inspect = video.label["metadata"]["inspect"]
    inspect["emotion"] = unicodedata.normalize("NFD", inspect["emotion"])
    return {"mood names in NFD": 1}


def _decompose_folder(video: SampleVideo) -> dict[str, int]:
    video.label_folder = unicodedata.normalize("NFD", video.label_folder)
    return {"label folders in NFD": 1}


def _remove_annotations(video: SampleVideo) -> dict[str, int]:
    del video.rows[4], video.rows[0]  # in a real file, too, the first frame has none
    return {"frames without an annotation": 2}


def _remove_label(video: SampleVideo) -> dict[str, int]:
    video.label = None
    return {"frame directories without a label": 1}


def _shuffle_annotations(video: SampleVideo) -> dict[str, int]:
    video.rows[:] = [video.rows[index] for index in (3, 0, 5, 1, 4, 2)]
    return {"labels with unsorted frames": 1}


def _blacken_frames(video: SampleVideo) -> dict[str, int]:
    rng, (width, height) = video.plan.rng(), video.plan.size
    for index in (1, 2, 5):
        dark = rng.normal(3 + index, 0.7, (height, width, 3)).clip(0, 255).astype(np.uint8)
        video.images[video.find_image_name(index)] = encode_sample_jpeg(dark)
    return {"black frames": 3}


def _repeat_image(video: SampleVideo) -> dict[str, int]:
    video.images[video.find_image_name(4)] = video.images[video.find_image_name(1)]
    video.rows[4]["bounding_box"] = dict(video.boxes[1])
    return {"frames equal to another, byte for byte": 1}


def _repeat_in_validation(video: SampleVideo) -> dict[str, int]:
    """Add a copy of the video to validation, with another mood."""
    copied = replace(video.plan, number=video.plan.number + 1000, split="Validation", mood=HAPPY)
    label = copy.deepcopy(video.label)
    label["metadata"]["inspect"]["emotion"] = KOREAN[HAPPY]
    video.other_files[f"{copied.folder('라벨링데이터')}/{copied.name}.json"] = encode_label(label)
    images = f"{copied.folder('원천데이터')}/{copied.name}"
    video.other_files.update({f"{images}/{name}": image for name, image in video.images.items()})
    return {REPEATED_IN_VALIDATION: len(video.rows)}


def _add_junk_files(video: SampleVideo) -> dict[str, int]:
    """Add files that macOS and NAS systems leave, some of them named like labels, frames and frame directories."""
    name, labels, images = video.plan.name, video.label_folder, f"{video.image_folder}/{video.plan.name}"
    fork = b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X"
    junk = {
        f"{labels}/._{name}.json": fork,
        f"{labels}/.DS_Store": b"\x00\x00\x00\x01Bud1",
        f"{labels}/@eaDir/{name}.json/SYNOINDEX_MEDIA_INFO": b"{}",
        f"{labels}/@eaDir/{name}.json@SynoEAStream": fork,
        f"__MACOSX/{labels}/._{name}.json": fork,
        f"__MACOSX/{images}/._{video.find_image_name(0)}": fork,
        f"{images}/._{video.find_image_name(0)}": fork,
        f"{images}/@eaDir/{video.find_image_name(0)}/SYNOPHOTO_THUMB_M.jpg": video.images[video.find_image_name(0)],
        f"{images}/Thumbs.db": b"\xd0\xcf\x11\xe0",
    }
    video.other_files.update(junk)
    return {"junk files": len(junk)}


_DEFECTS = (
    *(_truncate_label, _remove_inspector, _empty_annotation_list, _write_odd_numbers, _use_unknown_mood, _repeat_video),
    *(_remove_images, _remove_frame_directory, _repeat_frames, _corrupt_images, _misstate_size, _claim_huge_image),
    *(_remove_boxes, _make_boxes_negative, _empty_boxes, _move_boxes_outside, _combine_defects, _decompose_mood),
    *(_decompose_folder, _remove_annotations, _remove_label, _shuffle_annotations, _blacken_frames, _repeat_image),
    *(_add_junk_files, _repeat_in_validation),
)
DEFECTS: dict[str, Callable[[SampleVideo], dict[str, int]]] = {
    defect.__name__.removeprefix("_"): defect for defect in _DEFECTS
}
