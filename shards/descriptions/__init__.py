"""What a dataset says of itself: its columns and fields in words, and its card."""
