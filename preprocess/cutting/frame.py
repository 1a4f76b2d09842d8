"""One annotation on its way from label to record: its row of the manifest, checked image, box, crop and hash."""

import hashlib
import os
import re
from dataclasses import dataclass
from typing import Any

import google_crc32c
import numpy as np

from preprocess.cutting.box_check import check_box
from preprocess.cutting.jpeg_crop import decode_crop, encode_jpeg
from preprocess.cutting.phash import hash_crop
from preprocess.near_duplicates.within_video import Candidate
from preprocess.settings import PreprocessSettings
from preprocess.sources.input_fingerprint import Inputs
from preprocess.sources.video import Annotation, ImageFile, Label, Video
from shards.crop_geometry import Box, Crop, place_crop
from shards.emotions import parse_emotion
from shards.errors import DataError
from shards.jpeg_headers import MAX_FRAME_PIXELS, Header, UnreadableImage, read_header
from shards.record import encode_record
from shards.species import find_species_in_path
from shards.storage.files import IrregularFile, read_file

_NAME = re.compile(r"(?:(\d{8})_)?(?:cat|dog)-([a-z]+)-\d+", re.IGNORECASE)


class ChangedFrame(DataError):
    """A frame's bytes are not those that it was cut and hashed from."""


@dataclass
class Frame:
    """A row as far as it is known, and what the next step needs."""

    row: dict[str, Any]
    image: ImageFile | None
    box: Box | None
    candidate: Candidate | None = None
    pixels: np.ndarray | None = None  # (size, size, 3); None too where they are not worth their memory

    def reject(self, reason: str, note: str | None = None) -> None:
        self.row |= {"status": "rejected", "reason": reason, "note": note}


def describe_video(video: Video) -> dict[str, Any]:
    """The columns that are known without the label."""
    named, species = _NAME.search(video.name), find_species_in_path(video.name)
    date, action = named.groups() if named else (None, None)
    row = {"source": video.source, "label_file": video.label_file, "video": video.name, "date": date}
    return row | {"species": species and species.upper(), "action": action and action.upper()}


def describe_label(video: Video, label: Label) -> dict[str, Any]:
    """The columns that all rows of a video share."""
    row = describe_video(video)
    row |= {name: value for name, value in label.traits.items() if value is not None or name not in row}
    return row | {"emotion_inspect": label.emotion, "emotion_owner": label.emotion_owner}


def open_frames(inputs: Inputs, label: Label, first: str | None = None) -> list[Frame]:
    """A frame for every annotation, in the order of their numbers; those that need no look at an image are rejected.

    `first` names the label of this name that has been used already, if there is one.
    """
    shared = describe_label(inputs.video, label)
    frames, seen = [], set()
    for annotation in sorted(label.annotations, key=_place_annotation):
        frame = _open_frame(inputs, shared, annotation)
        if annotation.fault:
            frame.reject("annotation_invalid", annotation.fault)
        elif frame.row["label"] is None:
            frame.reject("emotion_unknown")
        elif first:
            frame.reject("video_repeated", f"the first is {first}")
        elif frame.image is None:
            frame.reject("image_missing")
        elif annotation.frame_number in seen:
            frame.reject("frame_repeated")
        else:
            seen.add(annotation.frame_number)
        frames.append(frame)
    return frames


def _place_annotation(annotation: Annotation) -> int:
    return -1 if annotation.frame_number is None else annotation.frame_number


def _open_frame(inputs: Inputs, shared: dict[str, Any], annotation: Annotation) -> Frame:
    number, image, box = annotation.frame_number, inputs.images.get(annotation.image), annotation.box
    key = inputs.video.name if number is None else f"{inputs.video.name}/{number}"
    row = shared | {"key": key, "frame_number": number, "timestamp": annotation.timestamp}
    if annotation.emotion is not None:
        row["emotion_inspect"] = annotation.emotion
    row["label"] = parse_emotion(row["emotion_inspect"] or "")
    row |= {"image_file": image and image.relative, "status": "kept"}
    if box:
        row |= {"box_x": box.x, "box_y": box.y, "box_width": box.width, "box_height": box.height}
    return Frame(row, image, box)


def cut_frame(frame: Frame, stated: tuple[int | None, int | None], settings: PreprocessSettings) -> None:
    """Check a frame's image and box, cut and hash it; or reject it. `stated` is the label's width and height."""
    try:
        data = read_image(frame)
        header = read_header(data)
        frame.row |= {"width": header.width, "height": header.height}
        if problem := _check_size(header, stated):
            return frame.reject("image_size", problem)
        checked = check_box(frame.box, header.width, header.height, settings.box)
        if checked.box is None:
            return frame.reject(checked.reason)
        crop = place_crop(checked.box, header.width, header.height, settings.crop.grow)
        frame.pixels = decode_crop(data, header, crop, settings.crop.size)
    except UnreadableImage as error:
        return frame.reject("image_unreadable", str(error))
    found = hash_crop(frame.pixels, settings.hash.bits)
    code, detail = found.code.to_bytes(settings.hash.bits // 8), found.detail
    pixels = b""
    if detail < settings.dedupe.min_detail:  # compared by the picture that would be stored: what training gets to see
        pixels = hashlib.blake2b(encode_jpeg(frame.pixels, settings.crop.quality), digest_size=16).digest()
    frame.candidate = Candidate(code, detail, crop.size, pixels)
    frame.row |= {"crop_x": crop.x, "crop_y": crop.y, "crop_size": crop.size, "note": checked.note}
    frame.row |= {"hash": code, "detail": detail, "pixels": pixels or None}


def encode_frame(frame: Frame, settings: PreprocessSettings) -> bytes:
    """The frame's record, less what only the plan knows."""
    row, pixels = frame.row, frame.pixels
    if pixels is None:  # let go for the sake of memory; the same bytes give the same pixels
        data = read_image(frame)
        crop = Crop(row["crop_x"], row["crop_y"], row["crop_size"])
        pixels = decode_crop(data, read_header(data), crop, settings.crop.size)
    names = ("label", "video", "frame_number", "timestamp", "key")
    values = {"image": encode_jpeg(pixels, settings.crop.quality), "species": row["species"] or ""}
    return encode_record(values | {name: row[name] for name in names})


def read_image(frame: Frame) -> bytes:
    """The bytes of a frame's JPEG; their checksum is noted in its row, or held against the one that is there.

    Raises UnreadableImage where it may not be read or is no file, DataError where it has gone or changed since it was
    looked at, OSError for what may pass.
    """
    try:
        data = read_file(frame.image.path)
    except (PermissionError, IrregularFile) as error:
        raise UnreadableImage(error.strerror) from error
    except FileNotFoundError as error:
        raise DataError(_tell_change(frame, "was there and is gone")) from error
    content = google_crc32c.value(data)
    noted = frame.row.get("content")
    if noted not in (None, content):
        raise ChangedFrame(_tell_change(frame, "was changed while this run read it"))
    frame.row["content"] = content
    return data


def _tell_change(frame: Frame, what: str) -> str:
    return f"{os.fsdecode(frame.image.path)} {what}; run the same command again when the source is at rest"


def _check_size(header: Header, stated: tuple[int | None, int | None]) -> str | None:
    if None not in stated and stated != header:
        return f"the image is {header.width}x{header.height}, its label states {stated[0]}x{stated[1]}"
    if header.width * header.height > MAX_FRAME_PIXELS:
        return f"{header.width}x{header.height} is more than {MAX_FRAME_PIXELS} pixels"
    return None
