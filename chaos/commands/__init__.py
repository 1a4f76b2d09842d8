"""Commands in processes of their own, as a user starts them, for experiments that kill them or fail their calls."""
