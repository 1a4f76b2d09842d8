"""Whether a dataset can be used: what is said, and that such a run is no success."""

import pytest

from console.command import run_command
from console.output.language import translate
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
    assert judge_outcome(make_counts(ALL, ALL)) == ([], [])


@pytest.mark.parametrize(
    ("train", "val", "reasons", "fault"),
    [
        (
            ALL,
            {},
            {},
            "validation is empty, so no model could be judged: the source has no Training and Validation with",
        ),
        (ALL, {}, {"video_repeated": 7}, "and too few animals, or videos of one mood, to divide; "),
        (ALL, {}, {"video_repeated": 7}, "; rows of videos with a name that came before are left out: 7 (video_rep"),
        (ALL, {}, {"near_across_videos": 1368}, "and too few animals, or videos of one mood, to divide; "),
        ({0: (4, 1), 3: (5, 1)}, {}, {"near_across_videos": 1368}, "too few animals, or videos of one mood"),
        ({}, ALL, {"near_validation": 5}, "training is empty: all its frames went as copies of other videos'"),
    ],
)
def test_what_cannot_be_used(train, val, reasons, fault):
    assert fault in "; ".join(judge_outcome(make_counts(train, val, **reasons)).faults)


def test_all_moods_in_one_video():
    counts = make_counts({0: (4, 1), 3: (5, 1)}, {})
    counts["splits"]["train"]["videos"] = 1
    outcome = judge_outcome(counts)
    assert "all moods share one video, which cannot be divided: of a CSV, a folder is a video" in outcome.faults[0]
    assert not any("several moods in one video" in line for line in outcome.warnings)  # said once is enough
    counts = make_counts({0: (4, 2), 3: (5, 2)}, ALL)
    counts["splits"]["train"]["videos"] = 3
    assert any(
        "training has frames of several moods in one video, in up to 1 of" in line
        for line in judge_outcome(counts).warnings
    )


def test_moods_without_training_frames():
    outcome = judge_outcome(make_counts({0: (9, 3), 3: (9, 3)}, {0: (2, 1), 3: (2, 1), 5: (2, 1)}))
    (fault,) = outcome.faults
    assert fault.startswith("in validation but without a training frame: 불안/슬픔; a model never answers")
    assert outcome.warnings == ["공포, 행복/즐거움, 공격성: without any frame, so a model never answers it"]
    (alone,) = judge_outcome(make_counts({3: (9, 3)}, {3: (9, 3)})).faults
    assert alone.startswith("all 9 training frames are 편안/안정; a model needs two moods")


@pytest.mark.parametrize(
    ("counts", "korean"),
    [
        (
            make_counts(ALL, {}),
            "검증 분할이 비어 있어 모델을 평가할 수 없습니다: 원본에 프레임이 있는 Training과 Validation이 둘 다 "
            "있지는 않고, 동물이나 한 감정의 영상이 너무 적어",
        ),
        (
            make_counts({0: (4, 1)}, {}, video_repeated=7),
            "검증 분할이 비어 있어 모델을 평가할 수 없습니다: 원본에 프레임이 있는 Training과 Validation이 둘 다 "
            "있지는 않고, 동물이나 한 감정의 영상이 너무 적어 나눌 수 없습니다. 더 많은 동물의 영상을 지정하거나, "
            "--valid_source로 검증용 영상을 지정하거나, --split.val_fraction을 늘리세요. 앞에 나온 이름을 다시 쓰는 "
            "영상의 행이 7개 있어 빠졌습니다",
        ),
        (make_counts({}, ALL, near_validation=5), "학습 분할이 비어 있습니다: 모든 프레임이 다른 영상의 유사 중복이라"),
        (make_counts({3: (9, 3)}, {3: (9, 3)}), "학습 프레임 9장이 모두 편안/안정입니다."),
        (
            make_counts({0: (9, 3), 3: (9, 3)}, {5: (2, 1)}),
            "검증에만 있고 학습 프레임이 없는 감정이 있습니다(불안/슬픔).",
        ),
    ],
)
def test_the_fault_in_korean(counts, korean):
    fault = judge_outcome(counts).faults[0]
    assert translate(f"preprocess: data/pets cannot be used as it is: {fault}").startswith(
        f"preprocess: data/pets: 이대로는 쓸 수 없습니다: {korean}"
    )


def test_the_command_is_no_success(two_workers, tmp_path, capsys):
    """The same video in Training and Validation: the dataset is whole, says so, and cannot be used; twice the same."""
    for part in ("Training", "Validation"):
        write_video(tmp_path / "pets", part=part)
    arguments = ["--source", str(tmp_path / "pets"), "--out", str(tmp_path / "out")]
    for _ in range(2):
        assert run_command("preprocess", main, arguments) == 1
        said = capsys.readouterr().err.splitlines()
        assert said[-1].startswith(f"preprocess: {tmp_path / 'out'} cannot be used as it is: validation is empty")
        assert "rows of videos with a name that came before are left out: 3 (video_repeated" in said[-1]
        assert any(" warning " in line for line in said)
    assert list(verify_dataset(tmp_path / "out")) == []
