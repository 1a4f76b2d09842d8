"""Training the network that tells the mood: what is its own beside the course that all training runs take."""
