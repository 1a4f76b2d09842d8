"""The search for near-copies among codes in memory: ours, its limit and other libraries."""
