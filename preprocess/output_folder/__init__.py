"""The folder OUT: checks before a run, work folders, the log beside it, dry runs, and the publication of a dataset."""
