"""What a kill would leave at the calls of some functions of a run."""

import os
import shutil
from collections import Counter
from collections.abc import Callable, Collection
from pathlib import Path
from pkgutil import resolve_name

import pytest


def copy_at_calls(root: Path, targets: Collection[str], act: Callable[[], object]) -> Counter[str]:
    """Copy root/run to root/TARGET-NUMBER before each call of the targets, by their names, that `act` makes.

    As hard links, for a finished shard is known by its inode. Returns how often each was called.
    """
    seen: Counter[str] = Counter()

    def spy(target, real):
        def copy_and_call(*args, **kwargs):
            seen[target] += 1
            shutil.copytree(root / "run", root / f"{target}-{seen[target]}", copy_function=os.link)
            return real(*args, **kwargs)

        return copy_and_call

    with pytest.MonkeyPatch.context() as patch:
        for target in targets:
            patch.setattr(target, spy(target, resolve_name(target)))
        act()
    return seen
