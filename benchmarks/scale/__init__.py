"""What grows with the number of frames: measured as far as one machine goes, and computed from there."""
