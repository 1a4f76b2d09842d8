"""history.csv: one row for each epoch of a run."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from shards.storage.atomic_write import write_atomically
from trainer.run_files.file_names import HISTORY_FILE


def write_history(folder: Path, columns: Sequence[str], rows: list[dict[str, Any]]) -> None:
    """Write history.csv into a run's folder; each row holds exactly these columns."""
    text = io.StringIO()
    table = csv.DictWriter(text, columns, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    with write_atomically(folder / HISTORY_FILE) as file:
        file.write(text.getvalue().encode())
