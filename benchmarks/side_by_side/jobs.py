"""The jobs in the order of the page."""

from benchmarks.side_by_side.job import Job

JOBS = (
    Job("crops", "Frames of 1080p to crops in shards", "crops:make_crop_tables"),
    Job("loaders", "Stored crops to batches on the host", "loading:make_loading_tables"),
    Job("near_copies", "Near-copies among codes", "near_copies:make_near_copy_tables"),
    Job("hashing", "Perceptual hashes of crops", "hashing:make_hashing_tables"),
    Job("verification", "Verification", "verification:make_verification_tables"),
    Job("shell", "From the shell", "shell:make_shell_tables"),
    Job("training_step", "A training step", "training_step:make_training_step_tables"),
)
