"""The trainer's first batch of a dataset: python -m benchmarks.ways.shell.first_batch DATASET"""

import sys
from pathlib import Path

from trainer.input.dataset_split import open_split
from trainer.input.pipeline import make_training_batches
from trainer.settings import InputSettings

_BATCH, _SIDE = 64, 224


def read_first_batch(dataset: Path) -> str:
    """Read it as training does, and say its shape."""
    batches = make_training_batches(open_split(dataset, "train"), InputSettings(_BATCH, _SIDE), seed=0, epoch=0)
    images = next(iter(batches))[0]
    return str(tuple((images[0] if isinstance(images, tuple) else images).shape))


if __name__ == "__main__":
    print(read_first_batch(Path(sys.argv[1])))
