"""Behind tools.dataset_report: one pass over the manifest, statistics, and the page."""
