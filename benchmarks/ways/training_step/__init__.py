"""A training step of EfficientNetB0: ours alone and with its input, and PyTorch's."""
