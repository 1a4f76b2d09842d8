"""Labels and frames of the pet videos -> a shuffled, verified dataset: `python -m preprocess --help`."""
