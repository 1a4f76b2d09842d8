"""Behind tools.make_sample: made videos of animals, in the layout and with the defects of AI Hub's data."""
