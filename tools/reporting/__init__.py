"""What the commands share: opening a dataset, pictures of its frames, and checks of the files they write."""
