"""Ways to turn stored crops of 256 px into shuffled batches of random windows of 224 px."""
