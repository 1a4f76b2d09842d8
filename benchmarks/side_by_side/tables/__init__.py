"""The tables of each job: the material they make, and the ways they compare."""
