"""A dataset of shards -> a model that tells the mood."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow's start-up notes are nobody's news; before its import
