"""A training run: device, stages, epochs, loss, optimizer, and what happens between steps."""
