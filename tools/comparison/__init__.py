"""Two datasets or two runs side by side."""
