"""How far a command is, on a terminal and elsewhere, and that it is never silent for long."""

import re
import threading
import time

import pytest

from console import progress
from console.command import run_command
from console.progress import show_progress, show_waiting
from tests.terminal import DATED, on_terminal


@pytest.fixture
def often(monkeypatch):
    """Lines in a file come as fast as the clock is looked at."""
    monkeypatch.setattr(progress, "PROGRESS_SECONDS", 0.02)
    monkeypatch.setattr(progress, "_TICK", 0.02)


def read_lines(capsys) -> list[str]:
    lines = capsys.readouterr().err.splitlines()
    assert all(DATED.match(line) and "\r" not in line for line in lines)
    return [line[20:] for line in lines]


def test_a_file_gets_a_line_at_the_end_of_a_stage(capsys):
    with show_progress(3_000, "step", title="tune 1/2", done=1_000, scale=True) as shown:
        shown.update(2_000)
        shown.set_postfix({"loss": "0.123"})
    (line,) = read_lines(capsys)
    assert re.fullmatch(r"tune 1/2: 3.00k of 3.00k steps \(100%\), \S+ steps/s, 00:00 so far; loss 0.123", line), line


def test_a_file_gets_a_line_at_an_interval(capsys, often):
    assert progress.PROGRESS_SECONDS == 0.02
    with show_progress(10, "frame") as shown:
        shown.update(4)
        time.sleep(0.3)
    first, *_, last = lines = read_lines(capsys)
    assert len(lines) > 3 and first.startswith("4 of 10 frames (40%), ") and first.endswith(" left")
    assert last.startswith("4 of 10 frames")  # it was stopped there


def test_nothing_is_shown_of_nothing_nor_of_short_work_in_a_file(capsys):
    for total, is_short in ((0, False), (5, True)):
        with show_progress(total, "row", is_short=is_short) as shown:
            shown.update(1)
    with show_waiting("looking", is_short=True):
        pass
    assert read_lines(capsys) == []


def test_short_work_that_takes_long_is_said(capsys, often):
    with show_progress(None, "row", is_short=True) as shown:
        shown.update(1)
        time.sleep(0.1)
    assert read_lines(capsys)[-1].startswith("1 rows, ")
    with show_waiting("looking", is_short=True):
        time.sleep(0.1)
    assert read_lines(capsys)[0] == "looking: 00:00 so far"


def test_what_is_waited_for_is_said_at_once_and_again(capsys, often):
    with show_waiting("starting Ray"):
        time.sleep(0.1)
    assert read_lines(capsys)[:2] == ["starting Ray", "starting Ray: 00:00 so far"]


def test_nothing_of_a_wait_stays_on_a_terminal(monkeypatch):
    monkeypatch.setattr(progress, "_TICK", 0.05)
    with on_terminal(monkeypatch) as end:
        with show_waiting("loading"):
            time.sleep(0.2)
        progress.print_message("done")
        text = end()
    assert re.search(r"\rloading 00:00\r {13}\r", text), text
    assert text.split("\r")[-2] == "done"


def test_a_terminal_shows_bars_and_lines_above_them(monkeypatch):
    with on_terminal(monkeypatch) as end:
        monkeypatch.setattr(progress, "_TICK", 0.05)
        monkeypatch.delenv("TQDM_DISABLE", raising=False)
        with show_progress(10, "frame") as shown:
            time.sleep(0.3)  # nothing is finished
            progress.print_message("damaged  x")
            with show_waiting("packing"):
                time.sleep(0.2)
            shown.update(10)
        text = end()
    assert text.count("\r") > 5 and "frames/s" in text and "100%" in text
    assert re.search(r"\r *\rdamaged  x\r\n", text) and re.search(r"\rpacking 00:00", text)
    assert "\x1b" not in text and not DATED.search(text)


@pytest.mark.parametrize("value", ["1", "true"])
def test_tqdm_disable(value, monkeypatch, capsys, often):
    monkeypatch.setenv("TQDM_DISABLE", value)
    with show_progress(10, "frame") as shown, show_waiting("packing"):
        shown.update(1)
        time.sleep(0.1)
    assert read_lines(capsys) == ["packing"]


def test_no_bars_on_a_terminal_with_tqdm_disable_or_quiet_or_without_a_width(monkeypatch):
    def work(arguments: list[str]) -> int:
        with show_progress(10, "frame") as shown, show_waiting("packing"):
            shown.update(10)
        return 0

    for given, columns, text in (([], 80, "packing\r\n"), (["--quiet"], 80, ""), ([], 0, "packing\r\n10 of 10 frames")):
        with on_terminal(monkeypatch, columns) as end:
            if not given and columns:
                monkeypatch.setenv("TQDM_DISABLE", "1")
            run_command("tool", work, given)
            shown = end()
        assert shown == text if columns else shown.startswith(text) and shown.count("\r") == 2


def test_the_log_of_a_terminal_has_lines(monkeypatch, tmp_path):
    def work(arguments: list[str]) -> int:
        with show_progress(10, "frame") as shown, show_waiting("packing"):
            shown.update(10)
        return 0

    log = tmp_path / "a.log"
    with on_terminal(monkeypatch) as end:
        run_command("tool", work, ["--log", str(log)])
        assert "frames/s" in end()
    lines = [line[20:] for line in log.read_text().splitlines()]
    assert lines[0] == "packing" and lines[1].startswith("10 of 10 frames (100%)")


def test_no_thread_stays():
    with pytest.raises(KeyError), show_waiting("x", is_short=True), show_progress(3, "row", is_short=True):
        raise KeyError
    assert "progress" not in {thread.name for thread in threading.enumerate()}
