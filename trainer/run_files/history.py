"""history.csv: one row for each epoch of a run."""

import csv
import io
from pathlib import Path
from typing import Any

from shards.storage.atomic_write import write_atomically
from trainer.run_files.file_names import HISTORY_FILE

HISTORY_COLUMNS = (
    *("stage", "epoch", "first_step", "steps", "loss", "train_accuracy", "learning_rate"),
    *("val_loss", "val_accuracy", "macro_f1", "balanced_accuracy"),
    *("images_per_second", "waiting_share", "seconds"),
)


def write_history(folder: Path, rows: list[dict[str, Any]]) -> None:
    """Write history.csv into a run's folder; each row holds exactly HISTORY_COLUMNS."""
    text = io.StringIO()
    table = csv.DictWriter(text, HISTORY_COLUMNS, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    with write_atomically(folder / HISTORY_FILE) as file:
        file.write(text.getvalue().encode())
