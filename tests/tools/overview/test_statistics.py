import pyarrow as pa

from shards.emotions import KOREAN
from tools.overview.statistics import compute_row_statistics


def test_nothing_kept():
    """preprocess refuses to make such a dataset, and its dry run too: a manifest that another program wrote."""
    table = pa.table(
        {
            "video": ["a", "a", "b"],
            "status": ["rejected"] * 3,
            "reason": ["box_missing", "box_missing", "label_invalid"],
            "rows": [1, 1, 1],
            "label": pa.array([3, 3, None], pa.int8()),
            **{name: pa.nulls(3, pa.string()) for name in ("split", "species", "action", "breed")},
            **{name: pa.nulls(3, pa.string()) for name in ("emotion_inspect", "emotion_owner")},
        }
    )
    figures = compute_row_statistics(table)
    assert figures["majority"] is None and figures["imbalance"]["train"]["frames"] is None
    assert figures["videos_without_frames"]["causes"] == {"box_missing": 1, "label_invalid": 1}
    assert figures["emptied"] == {}  # no row has a split
    assert figures["moods"][3]["statuses"]["rejected"] == 2 and figures["no_mood"]["rejected"] == 1


def test_labels_that_a_majority_has_changed_are_counted():
    columns = {name: ["x"] * 3 for name in ("video", "split", "species", "action", "breed", "emotion_owner", "reason")}
    labels = {"label": pa.array([3, 2, 3], pa.int8()), "emotion_inspect": [KOREAN[3], KOREAN[3], "편안 / 안정"]}
    table = pa.table({**columns, **labels, "status": ["kept"] * 3, "rows": [5, 7, 11]})
    assert compute_row_statistics(table)["relabelled"] == 7


def test_what_is_no_mood_is_told_the_commonest_first():
    columns = {name: ["x"] * 3 for name in ("video", "split", "species", "action", "breed", "emotion_owner")}
    found = {"emotion_inspect": ["졸림", "화남", "졸림"], "reason": ["emotion_unknown", "emotion_unknown", "box_empty"]}
    table = pa.table(
        {**columns, **found, "label": pa.nulls(3, pa.int8()), "status": ["rejected"] * 3, "rows": [2, 3, 9]}
    )
    words = compute_row_statistics(table)["unknown_moods"]
    assert [(line["word"], line["rows"]) for line in words] == [("화남", 3), ("졸림", 2)]
