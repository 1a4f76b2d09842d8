"""Frames of 1080p to crops of 256 px: ours, the limits, and what others would use."""
