"""From a dataset folder, or a CSV, to batches on the device."""
