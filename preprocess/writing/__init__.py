"""From tasks over videos to a whole dataset folder: spills, split, plan, shards, publication; and dry runs."""
