"""Damages the files that we write, one by one: every damage is found, or without effect."""
