"""Whether a dataset can be used: what is said, and that such a run is no success."""

import pytest

from console.command import run_command
from preprocess.__main__ import main
from preprocess.outcome import judge_outcome
from shards.emotions import KOREAN
from shards.verification import verify_dataset
from tests.trees import write_video


def make_counts(train: dict[int, tuple[int, int]], val: dict[int, tuple[int, int]], **reasons: int) -> dict:
    """Counts as dataset.json has them; (frames, videos) by mood, no video with two moods unless it is said below."""
    splits = {}
    for split, moods in (("train", train), ("val", val)):
        emotions = {
            name: dict(zip(("frames", "videos"), moods.get(label, (0, 0)), strict=True))
            for label, name in enumerate(KOREAN)
        }
        totals = {key: sum(mood[key] for mood in emotions.values()) for key in ("frames", "videos")}
        splits[split] = totals | {"emotions": emotions}
    return {"splits": splits, "reasons": reasons}


ALL = dict.fromkeys(range(6), (9, 3))


def test_a_good_dataset():
    assert judge_outcome(make_counts(ALL, ALL)) == ([], [], True)


@pytest.mark.parametrize(
    ("train", "val", "reasons", "fault"),
    [
        (ALL, {}, {}, "validation is empty, so no model could be judged: 18 videos are too few to divide by animal"),
        (ALL, {}, {"video_repeated": 7}, "7 rows are of videos with a name that came before (video_rep"),
        (ALL, {}, {"near_validation": 5}, "5 frames went as copies of other videos'"),
        ({}, ALL, {}, "training is empty: "),
    ],
)
def test_what_cannot_be_used(train, val, reasons, fault):
    assert fault in "; ".join(judge_outcome(make_counts(train, val, **reasons)).faults)


def test_all_moods_in_one_video():
    counts = make_counts({0: (4, 1), 3: (5, 1)}, {})
    counts["splits"]["train"]["videos"] = 1
    outcome = judge_outcome(counts)
    assert "all moods share 1 video, which cannot be divided: of a CSV, a folder is a video" in outcome.faults[0]
    assert any("training has 1 video with frames of several moods" in line for line in outcome.warnings)


def test_moods_without_training_frames_are_warned_of():
    outcome = judge_outcome(make_counts({0: (9, 3), 3: (9, 3)}, {0: (2, 1), 3: (2, 1), 5: (2, 1)}))
    one = judge_outcome(make_counts({3: (9, 3)}, {3: (9, 3)}))
    assert not one.faults and "all 9 training frames are 편안/안정; a model needs two moods" in one.warnings
    assert not outcome.faults and outcome.warnings[0].startswith(
        "불안/슬픔: in validation but without a training frame"
    )
    assert outcome.warnings[1] == "공포, 행복/즐거움, 공격성: without any frame, so a model never answers it"


def test_the_command_is_no_success(two_workers, tmp_path, capsys):
    """The same video in Training and Validation: the dataset is whole, says so, and cannot be used; twice the same."""
    for part in ("Training", "Validation"):
        write_video(tmp_path / "pets", part=part)
    arguments = ["--source", str(tmp_path / "pets"), "--out", str(tmp_path / "out")]
    for _ in range(2):
        assert run_command("preprocess", main, arguments) == 1
        said = capsys.readouterr().err.splitlines()
        assert said[-1].startswith(f"preprocess: {tmp_path / 'out'} cannot be used as it is: validation is empty")
        assert "3 rows are of videos with a name that came before (video_repeated" in said[-1]
        assert any(" warning " in line for line in said)
    assert list(verify_dataset(tmp_path / "out")) == []
