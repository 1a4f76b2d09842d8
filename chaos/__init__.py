"""The harness that tries to break a run: kills, full disks, damaged bytes, hostile input; what it finds is counted."""
