"""Frames of which it is known whether they are copies, for the distances between their hashes."""
