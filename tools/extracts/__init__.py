"""Parts of a dataset in other formats: a picture with a grid of crops, and CSVs of annotations."""
