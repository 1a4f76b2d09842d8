"""The jobs in the order of the page."""

from benchmarks.side_by_side.job import Job
from benchmarks.side_by_side.tables.hashing import make_hashing_tables
from benchmarks.side_by_side.tables.loading import make_loading_tables

JOBS = (
    Job("loaders", "Stored crops to batches on the host", make_loading_tables),
    Job("hashing", "Perceptual hashes of crops", make_hashing_tables),
)
