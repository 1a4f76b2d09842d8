"""A dataset of shards -> a model that tells the mood."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # hides TensorFlow's start-up notes; has to be set before its import
