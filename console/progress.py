"""The progress bar of all commands, on standard error."""

import sys

from tqdm import tqdm


def show_progress(
    total: int | None,
    unit: str,
    *,
    title: str | None = None,
    done: int = 0,
    scale: bool = False,
    only_on_terminal: bool = False,
) -> tqdm:
    """Start a progress bar that shows the rate and the time left. It is a context manager with a method `update(n)`.

    Args:
        total: how many units there will be. For 0 nothing is shown; None means unknown.
        unit: what is counted, in the singular.
        title: text in front of the bar.
        done: how many units were done before.
        scale: write large numbers as 1.23k or 1.23M.
        only_on_terminal: show nothing where standard error is a file or a pipe.
    """
    return tqdm(
        total=total,
        unit=f" {unit}s",
        desc=title,
        initial=done,
        unit_scale=scale,
        disable=total == 0 or (None if only_on_terminal else False),
        file=sys.stderr,
        smoothing=0.05,  # the rate is nearly that of the whole run: tasks end in bursts
        dynamic_ncols=True,
    )
