"""What is timed from the shell: processes from their start to their end."""
