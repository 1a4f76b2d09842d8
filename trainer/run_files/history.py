"""history.csv: one row for each epoch of a run."""

import csv
import hashlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from shards.storage.atomic_write import write_atomically
from trainer.run_files.file_names import HISTORY_FILE

HISTORY_DIGEST = "history_sha256"  # in metrics.json


def digest_history(data: bytes) -> str:
    """What metrics.json says of the bytes of history.csv, which has no place for a checksum of its own."""
    return hashlib.sha256(data).hexdigest()


def write_history(folder: Path, columns: Sequence[str], rows: list[dict[str, Any]]) -> None:
    """Write history.csv into a run's folder; each row holds exactly these columns."""
    text = io.StringIO()
    table = csv.DictWriter(text, columns, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    with write_atomically(folder / HISTORY_FILE) as file:
        file.write(text.getvalue().encode())
