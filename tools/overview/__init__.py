"""What is behind the page about a dataset as a whole."""
