"""How much memory a run takes, as measured by benchmarks/driver.py and, for a worker, by benchmarks/worker.py."""

_DRIVER_BYTES = 450_000_000
_DRIVER_BYTES_PER_FRAME = 250
WORKER_BYTES = 800_000_000  # at most; of which 0.4 GB are libraries that all workers share


def estimate_driver_bytes(frames: int) -> int:
    """At most what the driver holds for a source of so many frames."""
    return _DRIVER_BYTES + _DRIVER_BYTES_PER_FRAME * frames
