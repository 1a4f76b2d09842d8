"""Annotated frame -> checked box, square crop and perceptual hash."""
