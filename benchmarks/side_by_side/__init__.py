"""Every job beside what people would use instead: python -m benchmarks.side_by_side, make bench."""
