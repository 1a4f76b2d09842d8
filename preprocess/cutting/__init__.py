"""From an annotated frame to a checked box, a square crop and its perceptual hash."""
