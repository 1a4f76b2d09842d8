"""The jobs in the order of the page."""

from benchmarks.side_by_side.job import Job
from benchmarks.side_by_side.tables.hashing import make_hashing_tables

JOBS = (Job("hashing", "Perceptual hashes of crops", make_hashing_tables),)
