"""Behind tools.dedupe_report: what was dropped as a near-duplicate, leaks, other settings, and the page."""
