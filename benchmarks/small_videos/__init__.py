"""Many videos of one frame beside few long ones."""
