"""Behind tools.inventory: what lies in the sources of a run, and what the run would take."""
