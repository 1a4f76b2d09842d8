"""What the overview page shows of single frames: outliers, and a map of a random sample by code or by features."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

from console.html_page import encode_data_uri
from shards.manifest import take_rows
from shards.storage.stores.remote_path import AnyPlace
from tools.overview.frame_map import place_on_map, unpack_hashes
from tools.overview.remarkable_frames import SHOWN_OUTLIERS, RemarkablePlaces
from tools.reporting.frame_pictures import PICTURE_COLUMNS, FramePictures, measure_picture

_COLUMNS = (*PICTURE_COLUMNS, "label", "split", "species", "hash")


class FrameGallery(NamedTuple):
    """Rows of the manifest, with `picture`, `brightness` and `sharpness`, or None for these, and `side` in pixels."""

    outliers: dict[str, list[dict[str, Any]]]  # darkest, blurriest and smallest, the most extreme first
    looked_at: int  # frames whose brightness and sharpness were measured
    mapped: list[dict[str, Any]]  # with `x` and `y` from 0 to 1; empty where there is no map

    def describe(self) -> dict[str, Any]:
        """The figures for the report's JSON."""
        named = ("key", "brightness", "sharpness", "side")
        outliers = {kind: [{name: row[name] for name in named} for row in rows] for kind, rows in self.outliers.items()}
        return {"looked_at": self.looked_at, "mapped": len(self.mapped), **outliers}


def gather_frames(
    folder: AnyPlace,
    places: RemarkablePlaces,
    pictures: FramePictures,
    seed: int,
    compute_features: Callable[[list[dict[str, Any]]], dict[str, np.ndarray]] | None,
) -> FrameGallery:
    """Measure the pictures of the chosen frames and lay the sample out on a map.

    The map is by the hashes; by features where `compute_features` is given, which returns those of rows by key.
    `folder` holds the manifest. Raises DataError where it is damaged.
    """
    rows = take_rows(folder, {place for listed in places for place in listed}, _COLUMNS)
    thumbnails = pictures.make_thumbnails(rows.values())
    for row in rows.values():
        jpeg = thumbnails[row["key"]]
        row["picture"] = jpeg and encode_data_uri("image/jpeg", jpeg)
        row["brightness"], row["sharpness"] = (
            (round(found, 1) for found in measure_picture(jpeg)) if jpeg else (None,) * 2
        )
        sides = [row["box_width"], row["box_height"]]
        row["side"] = None if None in sides else max(sides)
    measured = [row for row in rows.values() if row["picture"]]
    outliers = {
        "darkest": _take_least(measured, "brightness"),
        "blurriest": _take_least(measured, "sharpness"),
        "smallest": [rows[place] for place in places.smallest],
    }
    sample = [rows[place] for place in sorted(places.sample)]
    return FrameGallery(outliers, len(measured), _lay_out(sample, seed, compute_features))


def _take_least(rows: Iterable[dict[str, Any]], measure: str) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: (row[measure], row["key"]))[:SHOWN_OUTLIERS]


def _lay_out(
    sample: list[dict[str, Any]],
    seed: int,
    compute_features: Callable[[list[dict[str, Any]]], dict[str, np.ndarray]] | None,
) -> list[dict[str, Any]]:
    if compute_features:
        features = compute_features(sample)
        shown = [row for row in sample if row["key"] in features]
        codes, metric = np.array([features[row["key"]] for row in shown]), "cosine"
    else:
        shown = [row for row in sample if row["hash"]]
        codes, metric = unpack_hashes([row["hash"] for row in shown]) if shown else np.empty((0, 0)), "hamming"
    places = place_on_map(codes, metric, seed)
    if places is None:
        return []
    return [row | {"x": float(x), "y": float(y)} for row, (x, y) in zip(shown, places.round(4), strict=True)]
