"""One annotation on its way from label to record: its row of the manifest, checked image, box, crop and hash."""

import hashlib
import os
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from preprocess.boxes import check_box, round_box
from preprocess.codec import decode_crop, encode_jpeg
from preprocess.duplicates import Candidate
from preprocess.inputs import ImageFile, Inputs
from preprocess.labels import Annotation, Label, clean_text, parse_age
from preprocess.phash import hash_crop
from preprocess.settings import Settings
from preprocess.source import Video
from shards.emotions import parse_emotion
from shards.geometry import Box, Crop, place_crop
from shards.jpeg import MAX_PIXELS, Header, UnreadableImage, read_header
from shards.record import encode_record
from shards.species import find_species

_NAME = re.compile(r"(?:(\d{8})_)?(?:cat|dog)-([a-z]+)-\d+", re.IGNORECASE)
_DATE = re.compile(r"(\d{8})/")


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
    named, species = _NAME.search(video.name), find_species(video.name)
    date, action = named.groups() if named else (None, None)
    row = {"source": video.source, "label_file": video.label_file, "video": video.name, "date": date}
    return row | {"species": species and species.upper(), "action": action and action.upper()}


def describe_label(video: Video, label: Label) -> dict[str, Any]:
    """The columns that all rows of a video share."""
    row, metadata = describe_video(video), label.metadata
    folder = _DATE.match(label.file_video or "")
    row["date"] = folder[1] if folder else row["date"]
    row["species"] = (clean_text(metadata.species) or row["species"] or "").upper() or None
    row["location"] = clean_text(metadata.location)
    row["emotion_inspect"] = clean_text(metadata.inspect.emotion)
    row["emotion_owner"] = clean_text(metadata.owner.emotion) if metadata.owner else None
    row["label"] = parse_emotion(metadata.inspect.emotion)
    if animal := metadata.animal:
        row |= {"breed": clean_text(animal.breed), "gender": clean_text(animal.gender)}
        row |= {"age": parse_age(animal.age), "neuter": clean_text(animal.neuter)}
    return row


def open_frames(inputs: Inputs, label: Label, repeated: bool = False) -> list[Frame]:
    """A frame for every annotation, in the order of their numbers; those that need no look at an image are rejected.

    `repeated` says that an earlier label of this name has been used.
    """
    shared = describe_label(inputs.video, label)
    frames, seen = [], set()
    for annotation in sorted(label.annotations, key=lambda annotation: annotation.frame_number):
        frame = _open_frame(inputs, shared, annotation)
        if shared["label"] is None:
            frame.reject("emotion_unknown")
        elif repeated:
            frame.reject("video_repeated")
        elif frame.image is None:
            frame.reject("image_missing")
        elif annotation.frame_number in seen:
            frame.reject("frame_repeated")
        else:
            seen.add(annotation.frame_number)
        frames.append(frame)
    return frames


def _open_frame(inputs: Inputs, shared: dict[str, Any], annotation: Annotation) -> Frame:
    number, timestamp = annotation.frame_number, round(annotation.timestamp)
    image = inputs.images.get((number, timestamp))
    box = round_box(annotation.bounding_box)
    row = shared | {"key": f"{inputs.video.name}/{number}", "frame_number": number, "timestamp": timestamp}
    row |= {"image_file": image and image.relative, "status": "kept"}
    if box:
        row |= {"box_x": box.x, "box_y": box.y, "box_width": box.width, "box_height": box.height}
    return Frame(row, image, box)


def cut_frame(frame: Frame, stated: tuple[int | None, int | None], settings: Settings) -> None:
    """Check a frame's image and box, cut and hash it; or reject it. `stated` is the label's width and height."""
    try:
        data = _read_image(frame.image)
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


def encode_frame(frame: Frame, settings: Settings) -> bytes:
    """The frame's record, less what only the plan knows."""
    row, pixels = frame.row, frame.pixels
    if pixels is None:  # let go for the sake of memory; the same bytes give the same pixels
        data = _read_image(frame.image)
        crop = Crop(row["crop_x"], row["crop_y"], row["crop_size"])
        pixels = decode_crop(data, read_header(data), crop, settings.crop.size)
    names = ("label", "video", "frame_number", "timestamp", "key")
    values = {"image": encode_jpeg(pixels, settings.crop.quality), "species": row["species"] or ""}
    return encode_record(values | {name: row[name] for name in names})


def _read_image(image: ImageFile) -> bytes:
    try:
        with open(image.path, "rb", buffering=0) as file:
            return file.read()
    except OSError as error:
        raise UnreadableImage(error.strerror or os.strerror(error.errno or 0)) from error


def _check_size(header: Header, stated: tuple[int | None, int | None]) -> str | None:
    if None not in stated and stated != header:
        return f"the image is {header.width}x{header.height}, its label states {stated[0]}x{stated[1]}"
    if header.width * header.height > MAX_PIXELS:
        return f"{header.width}x{header.height} is more than {MAX_PIXELS} pixels"
    return None
