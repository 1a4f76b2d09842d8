import numpy as np
import pytest

from tools.overview.page_text import describe_in_korean, describe_settings, list_axis_powers, locate_on_log_axis


def test_a_count_of_one_is_seen_on_the_log_axis():
    assert list(list_axis_powers(1)) == list(list_axis_powers(10)) == [1, 10]
    labels = ["1", "10", "100", "1 k", "10 k", "100 k", "1 M", "10 M"]
    assert list(list_axis_powers(10**6 + 1).items()) == [(10**power, label) for power, label in enumerate(labels)]
    for most in (1, 2, 10, 11, 999, 1000, 12_345_678):
        places = [locate_on_log_axis(power, most) for power in list_axis_powers(most)]
        assert places[0] > 3 and places[-1] == pytest.approx(100) and locate_on_log_axis(0, most) == 0
        assert np.diff(places) == pytest.approx(places[1] - places[0])
    assert locate_on_log_axis(1, 10) == pytest.approx(100 * np.log(2) / np.log(20))


def test_settings_are_worded():
    settings = {"select": {"per_video": None}, "dedupe": {"enabled": True, "x": None}, "split": {"val_fraction": 0.1}}
    assert describe_settings(settings) == {
        "select.per_video": "no limit",
        "dedupe.enabled": "yes",
        "dedupe.x": "not given",
        "split.val_fraction (used only where the source has no split of its own)": "0.1",
    }


@pytest.mark.parametrize(
    ("frames", "videos", "absent", "told"),
    [
        ((23, 23), (2, 2), [0, 1, 2, 5], "학습용에 있는 감정의 프레임 수와 영상 수는 서로 같습니다."),
        ((23, 23), (2, 2), [], "학습용에서 모든 감정의 프레임 수와 영상 수는 서로 같습니다."),
        ((30, 10), (2, 2), [], "비는 3 대 1입니다. 영상 수는 서로 같습니다."),
        ((9, 9), (1, 1), [0, 1, 2, 4, 5], "학습 프레임의 감정은 모두 편안/안정입니다."),
    ],
)
def test_equal_moods_are_not_called_common_and_rare(frames, videos, absent, told):
    measured = {
        name: {"most": 3, "least": 4, "ratio": most / least}
        for name, (most, least) in (("frames", frames), ("videos", videos))
    }
    statistics = {
        "rows": 60,
        "videos": 53,
        "statuses": {"kept": 46},
        "videos_without_frames": {"count": 1},
        "splits": {"train": {"rows": 46}},
        "imbalance": {"train": measured | {"absent": absent}},
    }
    text = describe_in_korean(statistics)
    assert told in text and "1 대 1" not in text
    assert "영상 53개의 어노테이션 60개" in text and "영상 1개는 남은 프레임이 없습니다." in text
