"""The contract between preprocess and trainer, as code: what a dataset folder holds and how it is written and read."""
