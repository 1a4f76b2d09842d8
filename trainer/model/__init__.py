"""The network, what its file holds, and its statistics."""
