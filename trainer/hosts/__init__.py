"""Training on several hosts: each takes a part of every batch, and all of them end with the same weights."""
