"""The ways that are timed side by side: ours, the limits and the peers, each in a process of its own."""
