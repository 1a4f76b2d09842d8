"""What people want to look at: make a sample, verify a dataset, show its crops."""
