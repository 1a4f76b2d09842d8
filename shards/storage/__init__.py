"""Files on disk: reading with retries, writing atomically, checksums inside files, and locks on output folders."""
