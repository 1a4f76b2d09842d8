"""What an epoch of AI Hub's frames takes on a machine with an RTX 3060, from rates measured here and assumptions."""
