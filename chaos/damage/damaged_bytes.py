"""Damages the bytes of every kind of file that the tool leaves: what reads it finds that, or is given the same.

A file is damaged in place, as by a disk: its inode and its time of change stay. Found is an error in one line; work
that is made again counts too. What reads on and is given something else has lost: it would be trained on.
"""

import os
import random
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np

from chaos.damage.read_file import REDONE, ReadFile
from chaos.experiment import Bench, Findings
from console.output.messages import open_output
from shards.errors import CallError, DataError

_MOST_SECONDS = 60  # of one reading


def run(bench: Bench) -> Findings:
    from chaos.damage.dataset_files import make_dataset_files
    from chaos.damage.model_files import make_model_files, make_onnx_files

    runs = bench.folder / "runs"
    with open_output(["--quiet"]):
        files = [*make_dataset_files(bench.folder / "data"), *make_model_files(runs), *make_onnx_files(runs)]
        return damage_files(files, bench)


def damage_files(files: list[ReadFile], bench: Bench) -> Findings:
    """Damage one file after another, each as often as its share says."""
    findings = Findings()
    sound = {file: None if file.checks_all else file.read() for file in files}
    turns = cycle([file for file in files for _ in range(file.share)])
    for number in bench.count_tries():
        file = next(turns)
        with _damage(file.path, bench.chance) as how:
            outcome = _read(file, sound[file])
        name = f"{file.kind}: {outcome}"
        if outcome in ("found", "without effect", "work redone"):
            findings.outcomes[outcome] += 1
        else:
            findings.lost.append(f"try {number}: {name} ({how})")
            findings.outcomes["lost"] += 1
    for file in files:  # also shows that a reader gives the same twice, without which nothing would follow
        if not file.checks_all and not is_same(file.read(), sound[file]):
            findings.lost.append(f"{file.kind}: what is read of the undamaged file has changed")
    return findings


def _read(file: ReadFile, sound: Any) -> str:
    try:
        with _time_limit():
            found = file.read()
    except (DataError, CallError) as error:
        return "found" if str(error).strip() else f"a {type(error).__name__} that says nothing"
    except Exception as error:
        return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
    if found is REDONE:
        return "work redone"
    if file.checks_all:
        return "NOT FOUND by what checks every byte"
    return "without effect" if is_same(found, sound) else "ANOTHER VALUE was read, and nobody noticed"


@contextmanager
def _time_limit() -> Iterator[None]:
    """Raise TimeoutError in the block where it takes far too long, as one that waits or counts for ever."""

    def stop(*_: object) -> None:
        raise TimeoutError(f"more than {_MOST_SECONDS} seconds")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, _MOST_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def _damage(path: Path, chance: random.Random) -> Iterator[str]:
    """For the block, other bytes in a file, by the same inode and with the same time of change; says which."""
    sound, times = path.read_bytes(), path.stat()
    damaged, how = damage_bytes(sound, chance)
    _overwrite(path, damaged, times)
    try:
        yield how
    finally:
        _overwrite(path, sound, times)


def _overwrite(path: Path, data: bytes, times: os.stat_result) -> None:
    with open(path, "r+b") as file:
        file.write(data)
        file.truncate()
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def damage_bytes(data: bytes, chance: random.Random) -> tuple[bytes, str]:
    """Other bytes than `data`, and in words what was done to them: flipped bits, cut, longer, or a part of it lost."""
    found = bytearray(data)
    how = chance.choice(("flip", "flip", "flip", "flips", "cut", "longer", "zeros", "moved")) if data else "longer"
    at = chance.randrange(len(data)) if data else 0
    if how in ("flip", "flips"):
        places = [at, *(chance.randrange(len(data)) for _ in range(chance.randint(1, 20) if how == "flips" else 0))]
        for place in places:
            found[place] ^= 1 << chance.randrange(8)
        how = f"bits flipped at {places}"
    elif how == "cut":
        del found[at:]
        how = f"cut to {at} bytes"
    elif how == "zeros":  # a block that was never written, as after a loss of power
        stop = min(len(data), at + chance.choice((1, 16, 512, 4096)))
        found[at:stop] = bytes(stop - at)
        how = f"zeros from {at} to {stop}"
    elif how == "moved":  # a part that repeats what is elsewhere in the file
        source, length = chance.randrange(len(data)), chance.choice((1, 8, 64, 512))
        found[at : at + length] = data[source : source + length]
        how = f"{length} bytes at {at} replaced by those at {source}"
    if bytes(found) == data:
        added = chance.randbytes(chance.choice((1, 4, 16, 300)))
        found += added
        how = f"{len(added)} bytes appended: {added[:16].hex()}"
    return bytes(found), how


def is_same(one: Any, other: Any) -> bool:
    """Whether two values that readers returned are equal, arrays in them by type, shape and every element's bytes."""
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        is_alike = one.dtype == other.dtype and one.shape == other.shape
        return is_alike and (
            one.tolist() == other.tolist() if one.dtype == object else one.tobytes() == other.tobytes()
        )
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(is_same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(is_same, one, other))
    return type(one) is type(other) and one == other
