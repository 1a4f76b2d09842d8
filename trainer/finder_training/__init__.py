"""Training our own finder: what is its own beside the course that all training runs take."""
