"""From a dataset folder, or a CSV, to batches of pictures."""
