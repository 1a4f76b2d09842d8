import sys

from console.progress import show_progress


def test_what_is_shown(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    with show_progress(3_000, "step", title="tune 1/2", done=1_000, scale=True) as progress:
        progress.update(2_000)
    shown = capsys.readouterr().err
    assert "tune 1/2: 100%" in shown and "3.00k/3.00k" in shown and "steps/s" in shown


def test_nothing_is_shown_of_nothing_nor_in_a_log(capsys):
    for total, only_on_terminal in ((0, False), (5, True)):
        with show_progress(total, "row", only_on_terminal=only_on_terminal) as progress:
            progress.update(1)
    assert not sys.stderr.isatty() and capsys.readouterr().err == ""
