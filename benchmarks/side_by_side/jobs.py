"""The jobs in the order of the page."""

from benchmarks.side_by_side.job import Job
from benchmarks.side_by_side.tables.crops import make_crop_tables
from benchmarks.side_by_side.tables.hashing import make_hashing_tables
from benchmarks.side_by_side.tables.loading import make_loading_tables
from benchmarks.side_by_side.tables.near_copies import make_near_copy_tables
from benchmarks.side_by_side.tables.shell import make_shell_tables
from benchmarks.side_by_side.tables.training_step import make_training_step_tables
from benchmarks.side_by_side.tables.verification import make_verification_tables

JOBS = (
    Job("crops", "Frames of 1080p to crops in shards", make_crop_tables),
    Job("loaders", "Stored crops to batches on the host", make_loading_tables),
    Job("near_copies", "Near-copies among codes", make_near_copy_tables),
    Job("hashing", "Perceptual hashes of crops", make_hashing_tables),
    Job("verification", "Verification", make_verification_tables),
    Job("shell", "From the shell", make_shell_tables),
    Job("training_step", "A training step", make_training_step_tables),
)
