import numpy as np
import pyarrow as pa

from tools.overview.row_samples import RowSamples, number_kept_stratum, number_rejected_stratum, number_strata


def test_samples_prefer_other_videos():
    samples = RowSamples(0)
    samples.add(np.array([1] * 50 + [1, 1, 2, -1]), pa.chunked_array([["a"] * 50 + ["b", "c", "d", "e"]]), 100)
    chosen = samples.choose(1, 3)
    assert len(chosen) == 3 and {150, 151} < set(chosen) and samples.choose(2, 9) == [152]
    assert samples.choose(5, 3) == [] and len(set(samples.choose(1, 60))) == 52


def test_strata_of_kept_and_rejected_rows():
    rows = pa.table(
        {
            "split": ["train", "val", "train", None, "train"],
            "label": pa.array([2, 5, None, 3, 1], pa.int8()),
            "status": ["kept", "kept", "kept", "rejected", "duplicate"],
            "reason": [None, None, None, "box_empty", "near_in_video"],
        }
    )
    strata = number_strata(rows).tolist()
    assert strata[:2] == [number_kept_stratum("train", 2), number_kept_stratum("val", 5)]
    assert strata[2:] == [-1, number_rejected_stratum("box_empty"), -1]
