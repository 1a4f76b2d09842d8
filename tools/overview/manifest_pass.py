"""Reads a manifest once, a row group at a time, so that memory does not grow with the number of rows.

All that a label file says of a video is the same for all of its frames. Each row group is therefore reduced to one row
for each combination of values, with the number of frames, before anything is computed from it.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from shards.errors import DataError
from shards.manifest import MANIFEST_FILE, explain_manifest_errors, read_manifest
from shards.storage.stores.remote_path import AnyPlace
from tools.overview.box_histograms import BOX_COLUMNS, BoxHistograms
from tools.overview.remarkable_frames import REMARKABLE_COLUMNS, RemarkableFrames, RemarkablePlaces
from tools.overview.row_samples import RowSamples, number_strata

_GROUPED = ["video", "label", "split", "species", "action", "breed", "emotion_inspect", "emotion_owner"]
_GROUPED += ["status", "reason"]


class ManifestSummary(NamedTuple):
    """The result of one pass over a manifest."""

    row_counts: pa.Table  # the columns of _GROUPED and `rows`: one row for each combination that occurs
    boxes: BoxHistograms  # of kept frames
    samples: RowSamples
    remarkable: RemarkablePlaces


def summarize_manifest(
    folder: AnyPlace, image_size: int, seed: int, on_rows: Callable[[int], Any] = lambda rows: None
) -> ManifestSummary:
    """Read the manifest in a folder once.

    `image_size` is the side of the stored crops in pixels, `seed` that of the samples; `on_rows` is called with the
    number of rows of each row group. Raises DataError where the manifest is damaged or has no rows.
    """
    boxes, samples, start = BoxHistograms(image_size), RowSamples(seed), 0
    remarkable = RemarkableFrames(seed)
    counted = []
    with explain_manifest_errors(folder):
        for rows in read_manifest(folder, [*_GROUPED, *BOX_COLUMNS, "detail"]):
            counted.append(rows.group_by(_GROUPED).aggregate([([], "count_all")]))
            boxes.add(rows.filter(pc.equal(rows["status"], "kept")))
            samples.add(number_strata(rows), rows["video"], start)
            remarkable.add(rows.select(REMARKABLE_COLUMNS), start)
            start += len(rows)
            on_rows(len(rows))
    if not counted:
        raise DataError(f"{folder / MANIFEST_FILE}: has no rows, so there is nothing to report; make the dataset again")
    merged = pa.concat_tables(counted).group_by(_GROUPED).aggregate([("count_all", "sum")])
    return ManifestSummary(merged.rename_columns([*_GROUPED, "rows"]), boxes, samples, remarkable.list_places())
