"""A disk that fails: in one folder, from the Nth operation on, in every process that imports this at its start.

Operations are what changes a disk: opening a file for writing, each write, fsync, rename, and making a folder. They are
counted over all processes. What fails is patched in Python, where all of this program's files are written.
"""

import builtins
import errno
import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

_PLAN = "PET_MOOD_DISK_FAULTS"  # names the file that holds the plan
_STARTUP = "from chaos.commands.disk_faults import install_planned_faults\ninstall_planned_faults()\n"
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class DiskPlan(NamedTuple):
    """What fails."""

    folder: str  # and all below it
    number: int = 0  # the operation that fails, from 1; 0: none
    error: int = 0  # errno
    lasts: bool = False  # whether all later operations fail too
    is_short: bool = False  # each write takes half of what it is given, as a write may


def write_plan(path: Path, plan: DiskPlan) -> None:
    """Let this plan hold from now on, in all processes, and count from 0."""
    _count_file(path).write_bytes(b"")
    path.with_suffix(".new").write_text(json.dumps(plan))
    os.replace(path.with_suffix(".new"), path)


def count_operations(path: Path) -> int:
    """How many operations there were under the plan in this file."""
    return _count_file(path).stat().st_size


def name_environment(path: Path, startup: Path) -> dict[str, str]:
    """The environment by which a Python process, and those that it starts, follow the plan in this file.

    `startup` is a folder for this, which is made.
    """
    startup.mkdir()
    (startup / "sitecustomize.py").write_text(_STARTUP)
    root = str(Path(__file__).parent.parent.parent)
    return {_PLAN: str(path), "PYTHONPATH": os.pathsep.join([str(startup), root])}


def _count_file(path: Path) -> Path:
    return path.with_suffix(".count")


def install_planned_faults() -> None:
    """Patch this process for good, where its environment names a plan; see name_environment."""
    if path := os.environ.get(_PLAN):
        install_disk_faults(Path(path))


def install_disk_faults(path: Path) -> None:
    """Patch this process for good: it follows the plan in this file."""
    _Disk(path).patch()


class _Disk:
    """Counts operations and lets them fail."""

    def __init__(self, path: Path):
        self.path, self.count = path, os.open(_count_file(path), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        self.real_open, self.real_os_open = builtins.open, os.open

    def patch(self) -> None:
        builtins.open = io.open = self._open
        os.open = self._os_open
        for name, paths in (("rename", 2), ("replace", 2), ("mkdir", 1), ("link", 2)):
            setattr(os, name, self._guard(getattr(os, name), paths))
        os.fsync = self._guard_fsync(os.fsync)

    def note(self, path: Any) -> bool:
        """Count an operation on a path; raise the error where its turn has come. Returns whether writes are short."""
        name = self._find_name(path)
        if name is None:
            return False
        with self.real_open(self.path) as file:
            plan = DiskPlan(*json.load(file))
        if not Path(name).is_relative_to(plan.folder):
            return False
        os.write(self.count, b".")
        turn = os.fstat(self.count).st_size
        if plan.number and (turn >= plan.number if plan.lasts else turn == plan.number):
            raise OSError(plan.error, os.strerror(plan.error), path)
        return plan.is_short

    def _find_name(self, path: Any) -> str | None:
        if isinstance(path, int):
            try:
                return os.readlink(f"/proc/self/fd/{path}")
            except OSError:
                return None
        return os.path.abspath(os.fsdecode(path))

    def _open(self, file: Any, mode: str = "r", buffering: int = -1, *text: Any, opener: Any = None, **options: Any):
        if opener or isinstance(file, int) or not set(mode) & set("wxa+"):
            return self.real_open(file, mode, buffering, *text, opener=opener, **options)
        self.note(file)
        raw = _FaultyFile(file, mode.replace("b", "").replace("t", ""), self)
        if buffering == 0:
            return raw
        buffered = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
        return buffered if "b" in mode else io.TextIOWrapper(buffered, *text, **options)

    def _os_open(self, path: Any, flags: int, *call: Any, **options: Any) -> int:
        if flags & _WRITING:
            self.note(path)
        return self.real_os_open(path, flags, *call, **options)

    def _guard(self, real: Callable, paths: int) -> Callable:
        def act(*call: Any, **options: Any) -> Any:
            self.note(call[paths - 1])
            return real(*call, **options)

        return act

    def _guard_fsync(self, real: Callable) -> Callable:
        def fsync(file: Any) -> None:
            self.note(file if isinstance(file, int) else file.fileno())
            real(file)

        return fsync


class _FaultyFile(io.FileIO):
    """A file whose writes are counted. On a disk that gets full, one takes half of its bytes, and the next fails."""

    def __init__(self, path: Any, mode: str, disk: _Disk):
        super().__init__(path, mode)
        self._disk, self._is_full = disk, False

    def write(self, data: Any) -> int:
        view = memoryview(data).cast("B")
        try:
            is_short = self._disk.note(self.name)
        except OSError as error:
            if error.errno != errno.ENOSPC or self._is_full:
                raise
            self._is_full = is_short = True
        return super().write(view[: max(1, len(view) // 2)] if is_short else view)
