"""A whole frame, scaled down: JPEG -> picture of at most 320 px, with the animal's box -> record for a finder."""

import numpy as np

from preprocess.cutting.area_resampling import shrink_to_fit
from preprocess.cutting.frame import Frame, read_image
from preprocess.cutting.jpeg_crop import RATIOS, Region, decode_plain, decode_region, encode_jpeg
from preprocess.settings import PreprocessSettings
from shards.crop_geometry import Box, fit_size, measure_box
from shards.jpeg_headers import Header, read_header
from shards.record import encode_record
from shards.record_fields import FRAME_FIELDS, FRAME_SIDE


def decode_whole_frame(data: bytes, header: Header, side: int = FRAME_SIDE, is_plain: bool = False) -> np.ndarray:
    """The pixels of a JPEG whose longer side is scaled down to `side`, (height, width, 3) uint8 RGB.

    It is decoded at the smallest scale that gives at least that size, and shrunk from there by area resampling; a
    smaller picture keeps its size. Raises UnreadableImage where the scan cannot be decoded.
    """
    width, height = fit_size(header.width, header.height, side)
    ratio = next((ratio for ratio in RATIOS if max(header) >= ratio * side), 1)
    right, bottom = -(-header.width // ratio), -(-header.height // ratio)  # as libjpeg rounds
    if is_plain:
        pixels = decode_plain(data, ratio)
    else:
        pixels = decode_region(data, Region(ratio, 0, 0, right, bottom, (0, 0, right, bottom)))
    if header == (ratio * width, ratio * height):
        return pixels
    return shrink_to_fit(pixels, ratio, (header.height, header.width), (height, width))


def encode_whole_frame(frame: Frame, settings: PreprocessSettings) -> bytes:
    """The record of a kept frame's whole picture. Raises UnreadableImage where the scan cannot be decoded.

    A crop may have been cut from a damaged scan, whose damage lies outside of the crop.
    """
    row, data = frame.row, read_image(frame)
    pixels = decode_whole_frame(data, read_header(data), is_plain=frame.is_plain)
    box = Box(row.box_x, row.box_y, row.box_width, row.box_height)
    values = {
        "image": encode_jpeg(pixels, settings.crop.quality),
        "bbox": measure_box(box, row.width, row.height),
        "width": pixels.shape[1],
        "height": pixels.shape[0],
        "label": row.label,
        "species": row.species or "",
        "video": row.video,
        "frame_number": row.frame_number,
        "key": row.key,
        "animal_count": row.animal_count or 0,
    }
    return encode_record(values, FRAME_FIELDS)
