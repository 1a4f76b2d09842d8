"""What a training run keeps in its folder: the names of its files, run.json, the checkpoints, and the history."""
