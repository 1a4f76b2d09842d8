"""Failures of TensorFlow and JAX that the user can do something about, said in one line."""

from collections.abc import Iterator
from contextlib import contextmanager

from shards.errors import CallError
from trainer.input.record_batches import BatchSettings, RecordSplit, diagnose_read_error
from trainer.training.device import is_out_of_memory


@contextmanager
def explain_failures(input_settings: BatchSettings, *splits: RecordSplit) -> Iterator[None]:
    """Raise CallError where the device ran out of memory inside, and DataError where a file of a split is damaged."""
    try:
        yield
    except Exception as error:
        if is_out_of_memory(error):
            raise CallError(
                f"the device's memory is too small for batches of {input_settings.batch_size} at "
                f"{input_settings.resolution} pixels; lower --batch_size or --resolution"
            ) from error
        explained = next((found for split in splits if (found := diagnose_read_error(split, error))), None)
        if explained is None:
            raise
        raise explained from error
