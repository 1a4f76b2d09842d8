"""An annotated frame from its label to a record: its row, its checked box, its crop and its perceptual hash."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import google_crc32c
import numpy as np

from preprocess.cutting.box_check import check_box
from preprocess.cutting.frame_row import FrameRow
from preprocess.cutting.jpeg_crop import decode_crop, decode_crops, encode_jpeg
from preprocess.cutting.phash import hash_crop
from preprocess.near_duplicates.within_video import Candidate
from preprocess.settings import PreprocessSettings
from preprocess.sources.data_file import UnreadableFile, name_data_file, read_data_file
from preprocess.sources.input_fingerprint import Inputs
from preprocess.sources.video import Annotation, ImageFile, Label, Video
from shards.crop_geometry import Box, Crop, place_crop
from shards.emotions import parse_emotion
from shards.errors import DataError
from shards.jpeg_headers import MAX_FRAME_PIXELS, Header, UnreadableImage, read_header
from shards.record import encode_record
from shards.species import find_species_in_path

_VIDEO_NAME = re.compile(r"(?:(\d{8})_)?(?:cat|dog)-([a-z]+)-\d+", re.IGNORECASE)


class ChangedFrame(DataError):
    """A frame's file does not hold the bytes that it was cut and hashed from."""


@dataclass
class Frame:
    """A frame's row as far as it is known, and what the next steps need."""

    row: FrameRow
    image: ImageFile | None
    box: Box | None
    stated_size: tuple[int | None, int | None] = (None, None)  # of the image in pixels, as the label states it
    candidate: Candidate | None = None  # None unless the frame was cut and hashed
    pixels: np.ndarray | None = None  # the crop, (size, size, 3) uint8 RGB; None where it is not held in memory
    is_plain: bool = False  # whether its image is known to be a plain JPEG without a fault

    @property
    def is_kept(self) -> bool:
        return self.row.status == "kept"

    def reject(self, reason: str, note: str | None = None) -> None:
        self.row.status, self.row.reason, self.row.note = "rejected", reason, note


def open_frames(inputs: Inputs, label: Label, first_label: str | None = None) -> list[Frame]:
    """A frame for every annotation of a label, in the order of the frame numbers; no image is opened.

    Those that cannot be used whatever their image holds are rejected. `first_label` is the label file that was already
    used for a video of this name, if there is one: then all frames are rejected.
    """
    frames, seen = [], set()
    for annotation in sorted(label.annotations, key=_sort_annotation):
        frame = _open_frame(inputs, label, annotation)
        if annotation.fault:
            frame.reject("annotation_invalid", annotation.fault)
        elif frame.row.label is None:
            frame.reject("emotion_unknown")
        elif first_label:
            frame.reject("video_repeated", f"the first is {first_label}")
        elif frame.image is None:
            frame.reject("image_missing")
        elif annotation.frame_number in seen:
            frame.reject("frame_repeated")
        else:
            seen.add(annotation.frame_number)
        frames.append(frame)
    return frames


def reject_label(video: Video, reason: str, note: str) -> Frame:
    """The one rejected frame, without a number, that stands for a label that cannot be used."""
    frame = Frame(_start_row(video, video.name), None, None)
    frame.reject(reason, note)
    return frame


def _sort_annotation(annotation: Annotation) -> int:
    return -1 if annotation.frame_number is None else annotation.frame_number


def _open_frame(inputs: Inputs, label: Label, annotation: Annotation) -> Frame:
    video, number, box = inputs.video, annotation.frame_number, annotation.box
    image = inputs.images.get(annotation.image)
    row = _start_row(video, video.name if number is None else f"{video.name}/{number}")
    for column, value in label.traits.items():
        if value is not None:  # else what the video's name says is kept
            setattr(row, column, value)
    row.species = annotation.species or row.species
    row.frame_number, row.timestamp = number, annotation.timestamp
    row.image_file = image and image.relative
    row.emotion_inspect = label.emotion if annotation.emotion is None else annotation.emotion
    row.emotion_owner = label.emotion_owner
    row.label = parse_emotion(row.emotion_inspect or "")
    if box:
        row.box_x, row.box_y, row.box_width, row.box_height = box
    return Frame(row, image, box, label.size)


def _start_row(video: Video, key: str) -> FrameRow:
    """A row with what is known without the label."""
    row = FrameRow(key=key, source=video.source, label_file=video.label_file, video=video.name, status="kept")
    if species := find_species_in_path(video.name):
        row.species = species.upper()
    if named := _VIDEO_NAME.search(video.name):
        row.date, row.action = named[1], named[2].upper()
    return row


class _ReadFrame(NamedTuple):
    """A frame whose image was read, and is to be decoded."""

    frame: Frame
    data: bytes
    header: Header
    crop: Crop


def cut_frames(frames: Iterable[Frame], settings: PreprocessSettings) -> None:
    """Check the images and boxes of some frames, then cut and hash them; or reject them.

    Their images are in memory together. Raises DataError and OSError as read_image does.
    """
    opened = [each for frame in frames if (each := _read_frame(frame, settings))]
    crops = decode_crops([(each.data, each.header, each.crop) for each in opened], settings.crop.size)
    for each, decoded in zip(opened, crops, strict=True):
        if isinstance(decoded, UnreadableImage):
            each.frame.reject("image_unreadable", str(decoded))
        else:
            each.frame.pixels, each.frame.is_plain = decoded
            _hash_frame(each.frame, each.crop, settings)


def _read_frame(frame: Frame, settings: PreprocessSettings) -> _ReadFrame | None:
    """Read and check an image and its box; None for a frame that is rejected."""
    row = frame.row
    try:
        data = read_image(frame)
        header = read_header(data)
    except UnreadableImage as error:
        return frame.reject("image_unreadable", str(error))
    row.width, row.height = header
    if problem := _check_size(header, frame.stated_size):
        return frame.reject("image_size", problem)
    checked = check_box(frame.box, header.width, header.height, settings.box)
    if checked.box is None:
        return frame.reject(checked.reason)
    row.note = checked.note
    return _ReadFrame(frame, data, header, place_crop(checked.box, header.width, header.height, settings.crop.grow))


def _hash_frame(frame: Frame, crop: Crop, settings: PreprocessSettings) -> None:
    row = frame.row
    row.crop_x, row.crop_y, row.crop_size = crop
    code, row.detail = hash_crop(frame.pixels, settings.hash.bits)
    row.hash = code.to_bytes(settings.hash.bits // 8)
    if row.detail < settings.dedupe.min_detail:
        # Compared by the JPEG that would be stored: frames are equal where training would get the same picture.
        stored = encode_jpeg(frame.pixels, settings.crop.quality)
        row.picture_digest = hashlib.blake2b(stored, digest_size=16).digest()
    frame.candidate = make_candidate(row)


def make_candidate(row: FrameRow) -> Candidate | None:
    """What deduplication compares of a row; None for one without a hash."""
    if row.hash is None:
        return None
    return Candidate(row.hash, row.detail, row.crop_size, row.picture_digest or b"")


def encode_frame(frame: Frame, settings: PreprocessSettings) -> bytes:
    """The frame's record without the fields that the shard plan decides."""
    row, pixels = frame.row, frame.pixels
    if pixels is None:  # not held in memory; the same bytes give the same pixels
        data = read_image(frame)
        crop = Crop(row.crop_x, row.crop_y, row.crop_size)
        pixels = decode_crop(data, read_header(data), crop, settings.crop.size)
    values = {
        "image": encode_jpeg(pixels, settings.crop.quality),
        "species": row.species or "",
        "label": row.label,
        "video": row.video,
        "frame_number": row.frame_number,
        "timestamp": row.timestamp,
        "key": row.key,
    }
    return encode_record(values)


def read_image(frame: Frame) -> bytes:
    """The bytes of a frame's JPEG. Their checksum is put into the row, or compared with the one that is there.

    Raises UnreadableImage where the file may not be read or is not a regular file, DataError where it has gone,
    ChangedFrame where the checksum differs, and OSError for errors that may pass.
    """
    try:
        data = read_data_file(frame.image.file)
    except UnreadableFile as error:
        raise UnreadableImage(str(error)) from error
    except FileNotFoundError as error:
        raise DataError(_explain_change(frame, "was there and is gone")) from error
    content = google_crc32c.value(data)
    if frame.row.content not in (None, content):
        raise ChangedFrame(_explain_change(frame, "was changed while this run read it"))
    frame.row.content = content
    return data


def _explain_change(frame: Frame, what: str) -> str:
    return f"{name_data_file(frame.image.file)} {what}; run the same command again when the source is at rest"


def _check_size(header: Header, stated: tuple[int | None, int | None]) -> str | None:
    """What is wrong with an image's size; None where nothing is."""
    if None not in stated and stated != header:
        return f"the image is {header.width}x{header.height}, its label states {stated[0]}x{stated[1]}"
    if header.width * header.height > MAX_FRAME_PIXELS:
        return f"{header.width}x{header.height} is more than {MAX_FRAME_PIXELS} pixels"
    return None
