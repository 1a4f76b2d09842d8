"""Renders the overview page: statistics, samples of each mood, and examples of rejected rows with their frames."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from console.html_page import encode_data_uri, render_page
from shards.emotions import EMOTIONS
from shards.manifest import REJECTIONS, SPLITS, take_rows
from shards.storage.stores.remote_path import AnyPlace
from tools.overview.frame_gallery import FrameGallery
from tools.overview.page_text import (
    KOREAN_REASON_TEXTS,
    REASON_TEXTS,
    describe_bin,
    describe_in_korean,
    describe_settings,
    format_ratio,
    list_axis_powers,
    locate_on_log_axis,
)
from tools.overview.row_samples import RowSamples, number_kept_stratum, number_rejected_stratum
from tools.reporting.frame_pictures import PICTURE_COLUMNS, FramePictures

_TEMPLATE = Path(__file__).with_name("dataset_report.html.jinja")
_SAMPLES = 18  # frames of each mood and split
_EXAMPLES = 6  # rows of each reason
_FRAME_SIDE = 288  # pixels of a whole frame's longer side
_COLUMNS = (*PICTURE_COLUMNS, "label_file", "video", "frame_number", "species", "breed", "action", "note", "reason")
_EXPECTED_MISSING = ("image unreadable", "image too large")  # frames that were rejected for this have no picture


def render_overview_page(
    title: str,
    statistics: dict[str, Any],
    samples: RowSamples,
    gallery: FrameGallery,
    folder: AnyPlace,
    pictures: FramePictures,
) -> str:
    """The page as HTML, with all pictures in it. `folder` holds the manifest.

    Raises DataError where the manifest is damaged.
    """
    crops, rejected_frames = _draw_samples(folder, samples, pictures)
    return render_page(
        _TEMPLATE,
        title=title,
        found=statistics,
        korean=describe_in_korean(statistics),
        emotions=EMOTIONS,
        splits=SPLITS,
        meanings=REASON_TEXTS,
        korean_meanings=KOREAN_REASON_TEXTS,
        settings=describe_settings(statistics["settings"]),
        locate=locate_on_log_axis,
        powers=list_axis_powers,
        describe_bin=describe_bin,
        ratio=format_ratio,
        samples=crops,
        examples=rejected_frames,
        gallery=gallery,
        script=[_list_map_facets(row) for row in gallery.mapped],
        missing={why: count for why, count in pictures.missing.most_common() if why not in _EXPECTED_MISSING},
    )


def _list_map_facets(row: dict[str, Any]) -> dict[str, Any]:
    """What the page's script knows of a frame on the map."""
    facets = {name: row[name] for name in ("key", "label", "split", "picture", "brightness", "sharpness", "side")}
    return facets | {"species": row["species"] or ""}


def _draw_samples(
    folder: AnyPlace, samples: RowSamples, pictures: FramePictures
) -> tuple[dict[tuple[str, int], list[dict[str, Any]]], dict[str, list[dict[str, Any]]]]:
    """Rows with their pictures: kept frames by split and mood, and rejected rows by reason."""
    kept = {
        (split, label): samples.choose(number_kept_stratum(split, label), _SAMPLES)
        for split in SPLITS
        for label in range(len(EMOTIONS))
    }
    rejected = {reason: samples.choose(number_rejected_stratum(reason), _EXAMPLES) for reason in REJECTIONS}
    rows = take_rows(folder, [*_flatten(kept.values()), *_flatten(rejected.values())], _COLUMNS)
    crops = pictures.make_thumbnails([rows[place] for place in _flatten(kept.values())])
    return (
        {stratum: [_embed(rows[p], crops[rows[p]["key"]]) for p in places] for stratum, places in kept.items()},
        {reason: [_draw_rejected(rows[p], pictures) for p in places] for reason, places in rejected.items()},
    )


def _flatten(lists: Iterable[list[int]]) -> list[int]:
    return [place for places in lists for place in places]


def _draw_rejected(row: dict[str, Any], pictures: FramePictures) -> dict[str, Any]:
    return _embed(row, pictures.draw_frame_with_box(row, _FRAME_SIDE) if row["image_file"] else None)


def _embed(row: dict[str, Any], picture: bytes | None) -> dict[str, Any]:
    return row | {"picture": picture and encode_data_uri("image/jpeg", picture)}
