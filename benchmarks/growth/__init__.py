"""How the cost of a run grows with frames, workers, codes and rows, and what more cores would do."""
