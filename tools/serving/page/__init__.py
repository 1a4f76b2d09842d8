"""The page itself, its files in memory, and what it says about the model."""
