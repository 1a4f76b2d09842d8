"""Two at once in one folder: the kinds of trials that need no training; that one is tests/trainer/input's."""

from chaos.whole_runs import concurrent_runs


def test_two_runs_and_a_changed_byte_is_found(make_bench, spoil):
    spoil(concurrent_runs, 1)
    findings = concurrent_runs.run(make_bench(concurrent_runs, 1))
    assert findings.outcomes.total() == 1
    assert findings.lost == ["after two runs at once features.json differs"]
