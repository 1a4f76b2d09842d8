"""The contract between preprocess and trainer: what a dataset folder holds, and how it is written and read."""
