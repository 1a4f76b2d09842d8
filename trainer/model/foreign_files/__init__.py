"""Models that other programs saved: a backbone of any kind, and whole models of Keras 2."""
