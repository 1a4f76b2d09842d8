"""Behind tools.advise: real tasks and steps on a sample, and what they mean for the whole."""
