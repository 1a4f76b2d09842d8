"""Measurements beside what a user would take instead, and beside the limit: `python -m benchmarks.NAME`."""
