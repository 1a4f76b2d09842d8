import numpy as np

from tools.overview.binning import bin_counts, find_percentile


def test_percentiles_are_those_of_the_values():
    values = np.array([3, 3, 5, 9, 9, 9, 20, 21, 22, 40])
    counts = np.bincount(values)
    assert [find_percentile(counts, percent) for percent in (5, 50, 60, 95, 100)] == [3, 9, 9, 40, 40]
    assert find_percentile(np.zeros(5, int), 50) is None


def test_bins_hold_their_last_value_and_the_rest():
    counts = np.bincount([0, 1, 2, 3, 4, 5, 9])
    bins = bin_counts(counts, (0, 2, 4))
    assert bins == [
        {"from": 0, "to": 0, "frames": 1},
        {"from": 1, "to": 2, "frames": 2},
        {"from": 3, "to": 4, "frames": 2},
        {"from": 5, "to": None, "frames": 2},
    ]
