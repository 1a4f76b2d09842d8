"""Experiments on whole runs: they are killed, their disks fail, their power goes, and they meet each other."""
