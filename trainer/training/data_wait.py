"""The time that training spends waiting for its next batch."""

import time
from collections.abc import Iterator

import keras


class DataWait:
    """Seconds that fit has waited for batches since `seconds` was last set to 0."""

    seconds = 0.0

    def time_batches(self, batches: Iterator) -> Iterator:
        """The same batches; the time that each takes to arrive is added up."""
        while True:
            started = time.perf_counter()
            batch = next(batches, None)
            self.seconds += time.perf_counter() - started
            if batch is None:
                return
            yield batch


def measure_data_wait(model: keras.Model) -> DataWait:
    """From now on, add up the time for which fit of this compiled model waits for data.

    Keras has no hook there: fit calls train_function([state,] iterator) for each step, and the iterator is wrapped.
    """
    wait = DataWait()
    model.make_train_function()
    step = model.train_function
    model.train_function = lambda *call: step(*call[:-1], wait.time_batches(call[-1]))
    return wait
