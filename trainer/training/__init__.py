"""A run: device, stages and epochs, checkpoints, checks before it, and its folder."""
