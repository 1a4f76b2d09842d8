"""From videos to shards: video tasks with their spills, validation split, shard plan, shard tasks, final rows."""
