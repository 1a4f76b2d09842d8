"""The fingerprint of a run: a run that was stopped is continued only where it is still the same."""

import hashlib
import json
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from shards.storage.files import hash_file
from trainer.settings import RunSettings

# Raised when the code trains differently with the same settings, so that older checkpoints are not continued.
TRAINING_RECIPE = 3


def fingerprint_run(settings: RunSettings, train: str, valid: str, effective: dict[str, Any]) -> str:
    """A digest of everything that decides the outcome of a run, as 32 hexadecimal digits.

    Args:
        settings: those without an effect on the outcome are left out; files of a backbone or of weights count by their
            content.
        train: fingerprint of the training dataset.
        valid: fingerprint of the validation dataset.
        effective: what the settings that were left to `auto` came to on this machine.
    """
    content = settings.content | {
        "train": train,
        "valid": valid,
        "versions": list_versions(),
        "recipe": TRAINING_RECIPE,
        "effective": effective,
        "backbone": identify_file(settings.backbone),
        "weights": identify_file(settings.weights),
    }
    return hashlib.blake2b(json.dumps(content, sort_keys=True).encode(), digest_size=16).hexdigest()


def list_versions() -> dict[str, str]:
    """The installed versions of the libraries that the outcome depends on."""
    found = {}
    for name in ("tensorflow-cpu", "tensorflow", "keras", "jax", "numpy"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def identify_file(setting: str) -> str:
    """The SHA-256 of the file that a setting names, else the setting itself."""
    path = Path(setting)
    return hash_file(path) if path.is_file() else setting
