import numpy as np
import pytest

from tools.overview.page_text import describe_settings, list_axis_powers, locate_on_log_axis


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
