"""What a command and its Ray hold at an instant: memory, shared memory, descriptors and temporary files."""

import re
from collections import defaultdict
from contextlib import suppress
from pathlib import Path

import psutil

from chaos.commands.started_command import StartedCommand, is_agent, list_shared_memory

_SESSION = re.compile(r"--session[-_]dir=(\S+)")  # in the call of a part of Ray's
KINDS = ("driver", "worker", "Ray")


def take_sample(command: StartedCommand, temporary: Path) -> dict[str, float]:
    """Figures by their names.

    "driver MiB" and "driver descriptors", the same of the greatest "worker" and of the greatest process of "Ray": what
    is not shared, and what is open. "shared MiB" of all processes together, Ray's object store among it, and "shared
    files" in /dev/shm with the number of one of them. "temporary files" below the folder `temporary`, which is TMPDIR,
    and in the folders of the Ray sessions.
    """
    found: dict[str, float] = defaultdict(float)
    sessions = set()
    for process in command.list_processes():
        with suppress(psutil.Error, OSError):
            words = process.cmdline()
            sessions |= set(_SESSION.findall(" ".join(words)))
            kind = _tell_kind(process, words, command)
            memory = _read_memory(process.pid)
            found[f"{kind} MiB"] = max(found[f"{kind} MiB"], memory["Pss_Anon"])
            found[f"{kind} descriptors"] = max(found[f"{kind} descriptors"], process.num_fds())
            found["shared MiB"] += memory["Pss_Shmem"]
    names = list_shared_memory()
    found["shared files"] = sum(1 for name in names if command.pids & set(map(int, re.findall(r"\d+", name))))
    places = {temporary, *map(Path, sessions)}
    outermost = [place for place in places if not places & set(place.parents)]
    found["temporary files"] = sum(1 for place in outermost for _ in place.rglob("*"))
    return dict(found)


def _tell_kind(process: psutil.Process, words: list[str], command: StartedCommand) -> str:
    if process.pid == command.pid:
        return KINDS[0]
    name = words[0] if words else ""
    return KINDS[1] if name.startswith("ray::") and not is_agent(name) else KINDS[2]


def _read_memory(pid: int) -> dict[str, float]:
    """A process' part of each kind of memory, in MiB. Raises OSError where it has ended."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    return {name: int(size.split()[0]) / 1024 for name, size in (line.split(":", 1) for line in lines)}
