"""Commands to make a sample, to check a dataset and to look at it; what is behind each lies in a sub-room."""
