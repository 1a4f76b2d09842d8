"""The time for which training waits for its batches."""

from tests.trainer.checks.test_throughput import make_model, slow_batches
from trainer.training.data_wait import measure_data_wait


def test_waiting_is_counted():
    model = make_model()
    wait = measure_data_wait(model)
    model.fit(slow_batches(0.0, 3), verbose=0, shuffle=False)
    quick = wait.seconds
    wait.seconds = 0.0
    model.fit(slow_batches(0.1, 5), verbose=0, shuffle=False)
    assert wait.seconds > 0.4 > quick
    assert int(model.optimizer.iterations.numpy()) == 8
