"""A dataset of shards -> a model that tells the mood. So far: its input pipeline."""
