"""tools.advise beside real runs, see benchmarks.advise.__main__."""
