"""Training on a CSV of image_path,bbox,labels: preprocess makes a dataset of it first, once, in its own process.

    data/train-1a2b3c4d    the dataset of train.csv

The hexadecimal digits are a digest of the CSVs' bytes and folders and of the settings of preprocess. trainer and
preprocess do not import each other: preprocess gets a command line and leaves a dataset folder.
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

from console.output.messages import list_output_flags, print_message
from shards.dataset import DATASET_FILE, DATASET_RECIPE
from shards.errors import CallError
from shards.storage.files import hash_file
from trainer.settings import PREPROCESS, TrainSettings

DATA_FOLDER = Path("data")

# Unlike by default in preprocess, near-duplicates within the training videos stay: a CSV lists the frames to train on.
# Training frames that are near-duplicates of a validation frame are dropped in any case.
_DEFAULTS = {"dedupe": {"enabled": False}}


def choose_dataset_folder(settings: TrainSettings) -> Path:
    """Choose the folder for the dataset of the given CSVs. Raises CallError if one of the files does not exist."""
    files = {name: path for name in ("train", "valid", "label_map") if (path := getattr(settings, name))}
    identity: dict[str, Any] = {"settings": _collect_preprocess_settings(settings), "recipe": DATASET_RECIPE}
    for name, path in files.items():
        if not os.path.isfile(path):
            raise CallError(f"{name} {path}: {'is no file' if os.path.exists(path) else 'there is no such file'}")
        folder = os.path.dirname(os.path.realpath(path))  # image paths may be relative to it
        identity[name] = [hash_file(Path(path)), "" if name == "label_map" else folder]
    text = json.dumps(identity, sort_keys=True).encode()
    return DATA_FOLDER / f"{Path(settings.train).stem}-{hashlib.blake2b(text, digest_size=4).hexdigest()}"


def run_preprocess(settings: TrainSettings, folder: Path) -> int:
    """Run preprocess to make or finish the dataset, unless it is there already. Returns the exit status.

    That is 0 too for a dataset of which preprocess said that it cannot be used as it is: training says what of it is
    wrong, and trains where it can, as it does when it is called again and the dataset is there.
    """
    if (folder / DATASET_FILE).exists():
        print_message(f"data    {settings.train} was made a dataset before: {folder}")
        return 0
    command = [sys.executable, "-m", "preprocess", *_build_preprocess_arguments(settings, folder), *list_output_flags()]
    print_message(
        f"data    of {settings.train} preprocess makes a dataset first, once, in {folder}: {' '.join(command[1:])}"
    )
    # In a new session the terminal's Ctrl-C does not reach preprocess: it is forwarded to it, once.
    with subprocess.Popen(command, start_new_session=True) as process, _forward_signals(process):
        status = process.wait()
    if status == 1 and (folder / DATASET_FILE).exists():
        return 0
    return status if status >= 0 else 128 - status  # killed by a signal: as a shell reports it


def replace_csv_with_dataset(settings: TrainSettings, folder: Path) -> TrainSettings:
    """The same settings with the dataset in place of the CSVs; the run's folder is still named after the CSV."""
    no_preprocess = {name: {} for name in PREPROCESS}
    return replace(settings, train=str(folder), valid=None, out=str(settings.folder), label_map=None, **no_preprocess)


def _collect_preprocess_settings(settings: TrainSettings) -> dict[str, dict[str, Any]]:
    """The settings of preprocess that differ from its defaults, by group."""
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
    """Forward Ctrl-C and SIGTERM to preprocess, which reports its progress and ends; its status then ends the run."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda *_: process.send_signal(signal.SIGTERM)) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
