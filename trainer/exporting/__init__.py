"""Models for other programs: what is exported, in which formats, and the network that takes whole pictures."""
