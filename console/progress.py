"""How far a command is: a bar on a terminal, a dated line now and then in a file, a pipe and --log.

On a terminal a bar's time runs on while nothing is finished. Elsewhere a line is written every PROGRESS_SECONDS and at
the end of the stage. TQDM_DISABLE leaves bars and these lines out.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from tqdm import tqdm

from console.output.messages import (
    get_output_lock,
    get_stderr,
    hold_bar,
    is_quiet,
    is_terminal,
    note_in_log,
    print_message,
    put_in_words,
    refresh_bar,
)

PROGRESS_SECONDS = 30  # from one line to the next where there is no terminal
_TICK = 1.0  # seconds from one look at the time to the next


def show_progress(
    total: int | None,
    unit: str,
    *,
    title: str | None = None,
    done: int = 0,
    scale: bool = False,
    is_short: bool = False,
) -> "StageProgress":
    """Start to show how far a stage is, with the rate and the time left.

    Args:
        total: how many units there will be. For 0 nothing is shown; None means unknown.
        unit: what is counted, in the singular.
        title: text in front.
        done: how many units were done before.
        scale: write large numbers as 1.23k or 1.23M.
        is_short: in a file or a pipe say nothing unless it takes longer than PROGRESS_SECONDS.
    """
    return StageProgress(total, unit, title, done, scale, is_short)


class StageProgress:
    """How far a stage is; a context manager. See show_progress."""

    def __init__(self, total: int | None, unit: str, title: str | None, done: int, scale: bool, is_short: bool):
        self._total, self._title, self._scale = total, f"{title}: " if title else "", scale
        self._unit, self._first, self._count, self._is_short = unit, done, done, is_short
        self._start, self._notes = time.monotonic(), ""
        self._hidden = total == 0 or _is_disabled()
        self._has_bar = not self._hidden and _has_room_for_bars()
        self._bar = tqdm(
            total=total,
            unit=f" {put_in_words(f'{unit}s')}",
            desc=title and put_in_words(title),
            initial=done,
            unit_scale=scale,
            disable=not self._has_bar,
            file=get_stderr(),
            position=0,  # of bars within one another only the innermost is shown
            smoothing=0.05,  # the rate is nearly that of the whole run: tasks end in bursts
            dynamic_ncols=True,
        )
        self._shown = ExitStack()
        if not self._hidden:
            self._shown.enter_context(hold_bar(self._bar) if self._has_bar else ExitStack())
            self._shown.enter_context(_keep_saying(self._describe, self._bar if self._has_bar else None))
        self._is_open = True

    def __enter__(self) -> "StageProgress":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def update(self, count: int = 1) -> None:
        """Count so many more units as done."""
        self._count += count
        if self._has_bar:
            with get_output_lock():
                self._bar.update(count)

    def set_postfix(self, notes: Mapping[str, Any]) -> None:
        """Show values beside the figures."""
        self._notes = ", ".join(f"{name} {value}" for name, value in notes.items())
        if self._has_bar:
            with get_output_lock():
                shown = [put_in_words(f"{name} {value}") for name, value in notes.items()]
                self._bar.set_postfix_str(", ".join(shown), refresh=False)

    def close(self) -> None:
        """End the stage. It was stopped early where fewer units than expected are done."""
        if not self._is_open:
            return
        self._is_open = False
        self._shown.close()
        self._bar.close()
        seconds = time.monotonic() - self._start
        if not self._hidden and (not self._is_short or seconds >= PROGRESS_SECONDS):
            _say_beside(self._has_bar, self._describe(seconds))

    def _describe(self, seconds: float) -> str:
        """Such as `1,200 of 3,000 frames (40%), 250 frames/s, 00:05 so far, 00:07 left; kept 3`."""
        rate = (self._count - self._first) / max(seconds, 1e-9)
        of = "" if self._total is None else f" of {self._word(self._total)}"
        share = f" ({self._count / self._total:.0%})" if self._total else ""
        parts = [f"{self._word(self._count)}{of} {self._unit}s{share}", f"{self._word(rate)} {self._unit}s/s"]
        parts.append(f"{tqdm.format_interval(seconds)} so far")
        if self._total and rate and self._count < self._total:
            parts.append(f"{tqdm.format_interval((self._total - self._count) / rate)} left")
        return f"{self._title}{', '.join(parts)}{'; ' if self._notes else ''}{self._notes}"

    def _word(self, number: float) -> str:
        if self._scale and number >= 1000:
            return tqdm.format_sizeof(number)
        return f"{number:,.0f}" if number >= 10 or isinstance(number, int) else f"{number:.2g}"


@contextmanager
def show_waiting(what: str, *, is_short: bool = False) -> Iterator[None]:
    """Say what is waited for in the block, of which nobody knows how far it is.

    A terminal shows it with the time that has passed, until it is over. Elsewhere a line is written at the beginning,
    unless `is_short`, and every PROGRESS_SECONDS.
    """
    has_bar = _has_room_for_bars()
    if not has_bar and not is_short:
        print_message(what)

    def describe(seconds: float) -> str:
        return f"{what}: {tqdm.format_interval(seconds)} so far"

    with ExitStack() as shown:
        bar = None
        if has_bar:
            bar = tqdm(
                desc=put_in_words(what),
                bar_format="{desc} {elapsed}",
                leave=False,
                file=get_stderr(),
                position=0,
                delay=_TICK,
            )
            shown.callback(bar.close)
            shown.callback(bar.clear)  # close leaves it where only its time was shown
            shown.enter_context(hold_bar(bar))
            if not is_short:
                note_in_log(what)
        shown.enter_context(_keep_saying(describe, bar))
        yield


def _has_room_for_bars() -> bool:
    """Whether there is a terminal that bars are wanted on; tqdm shows nothing on one that does not tell its width."""
    if is_quiet() or _is_disabled() or not is_terminal():
        return False
    return os.get_terminal_size(get_stderr().fileno()).columns > 0


def _is_disabled() -> bool:
    return os.environ.get("TQDM_DISABLE", "").lower() not in ("", "0", "false", "no")


def _say_beside(has_bar: bool, line: str) -> None:
    note_in_log(line) if has_bar else print_message(line)


@contextmanager
def _keep_saying(describe: Callable[[float], str], bar: tqdm | None) -> Iterator[None]:
    """In a thread, refresh the bar and every PROGRESS_SECONDS say describe(seconds) where there is no bar."""
    ended, start = threading.Event(), time.monotonic()

    def tick() -> None:
        said = start
        while not ended.wait(min(_TICK, PROGRESS_SECONDS)):
            now = time.monotonic()
            if bar is not None:
                refresh_bar(bar)
            if now - said >= PROGRESS_SECONDS and not _is_disabled():
                said = now
                _say_beside(bar is not None, describe(now - start))

    thread = threading.Thread(target=tick, name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
