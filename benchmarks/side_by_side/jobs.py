"""The jobs in the order of the page."""

from benchmarks.side_by_side.job import Job
from benchmarks.side_by_side.tables.crops import make_crop_tables
from benchmarks.side_by_side.tables.hashing import make_hashing_tables
from benchmarks.side_by_side.tables.loading import make_loading_tables

JOBS = (
    Job("crops", "Frames of 1080p to crops in shards", make_crop_tables),
    Job("loaders", "Stored crops to batches on the host", make_loading_tables),
    Job("hashing", "Perceptual hashes of crops", make_hashing_tables),
)
