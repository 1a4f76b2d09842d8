"""Which frames are near-duplicates of which: within a video, across videos, and the Hamming join that both use."""
