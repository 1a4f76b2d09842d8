"""The student's CSV on its way in: preprocess makes a dataset of it, once, in a process of its own.

    data/train-1a2b3c4d    of train.csv: the digits are of the CSVs' bytes and folders and of what preprocess is told

The two rooms never import each other: what is handed on is a command line, what comes back is a dataset folder.
"""

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from shards.dataset import DATASET_FILE, DATASET_RECIPE
from shards.errors import CallError
from shards.storage.files import hash_file
from trainer.settings import PREPROCESS, TrainSettings

DATA_FOLDER = Path("data")

# What the student had: every frame stays. Those that are near one of validation go whatever is set.
_DEFAULTS = {"dedupe": {"enabled": False}}


def choose_dataset_folder(settings: TrainSettings) -> Path:
    """Where the dataset of these CSVs lies, or is to lie. Raises CallError where one of the files is not there."""
    named = {name: path for name in ("train", "valid", "label_map") if (path := getattr(settings, name))}
    known: dict[str, Any] = {"settings": _collect_preprocess_settings(settings), "recipe": DATASET_RECIPE}
    for name, path in named.items():
        if not os.path.isfile(path):
            raise CallError(f"{name} {path}: {'is no file' if os.path.exists(path) else 'there is no such file'}")
        folder = os.path.dirname(os.path.realpath(path))  # images may be named relative to it
        known[name] = [hash_file(Path(path)), "" if name == "label_map" else folder]
    text = json.dumps(known, sort_keys=True).encode()
    return DATA_FOLDER / f"{Path(settings.train).stem}-{hashlib.blake2b(text, digest_size=4).hexdigest()}"


def run_preprocess(settings: TrainSettings, folder: Path) -> int:
    """Have preprocess make it, or finish it; returns its exit status, 0 at once where the dataset is there."""
    if (folder / DATASET_FILE).exists():
        _print_status(f"data    {settings.train} was made a dataset before: {folder}")
        return 0
    command = [sys.executable, "-m", "preprocess", *_build_preprocess_arguments(settings, folder)]
    _print_status(
        f"data    of {settings.train} preprocess makes a dataset first, once, in {folder}: {' '.join(command[1:])}"
    )
    # A session of its own: Ctrl-C reaches us alone, and through us preprocess, once.
    with subprocess.Popen(command, start_new_session=True) as process, _forward_signals(process):
        status = process.wait()
    return status if status >= 0 else 128 - status


def replace_csv_with_dataset(settings: TrainSettings, folder: Path) -> TrainSettings:
    """The same run, from the dataset in place of the CSVs; it is called as the CSV is."""
    nothing = {name: {} for name in PREPROCESS}
    return replace(settings, train=str(folder), valid=None, out=str(settings.folder), label_map=None, **nothing)


def _collect_preprocess_settings(settings: TrainSettings) -> dict[str, dict[str, Any]]:
    """What preprocess is told of each of its groups."""
    return {name: _DEFAULTS.get(name, {}) | getattr(settings, name) for name in PREPROCESS}


def _build_preprocess_arguments(settings: TrainSettings, folder: Path) -> list[str]:
    arguments = ["--source", settings.train, "--out", str(folder)]
    arguments += ["--valid_source", settings.valid] if settings.valid else []
    arguments += ["--label_map", settings.label_map] if settings.label_map else []
    for group, values in _collect_preprocess_settings(settings).items():
        for name, value in values.items():
            arguments += [f"--{group}.{name}", value if isinstance(value, str) else json.dumps(value)]
    return arguments


@contextmanager
def _forward_signals(process: subprocess.Popen) -> Iterator[None]:
    """Ctrl-C and SIGTERM stop preprocess, which says how far it came and ends; then so do we."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda *_: process.send_signal(signal.SIGTERM)) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _print_status(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
