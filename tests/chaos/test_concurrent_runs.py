"""Two at once in one folder: the kinds of trials that need no training; that one is tests/trainer/input's."""

from chaos import concurrent_runs


def test_two_runs_and_a_changed_byte_is_found(make_bench, spoil):
    spoil(concurrent_runs, 1)
    findings = concurrent_runs.run(make_bench(2))
    assert findings.outcomes.total() == 2
    assert findings.lost == ["after two runs at once features.json differs"]
