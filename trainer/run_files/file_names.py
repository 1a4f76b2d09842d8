"""The names of everything that a run writes into its folder. Light to import, also for reports and tools."""

import re

RECORD_FILE = "run.json"
METRICS_FILE = "metrics.json"
REPORT_FILE = "report.html"
ANSWERS_FILE = "answers.parquet"  # of a mood run: what was answered for each validation video
MODEL_FILE = "model.keras"  # of a mood run
FINDER_FILE = "finder.keras"  # of a finder's run
HISTORY_FILE = "history.csv"
PLOT_FILES = ("curves.png", "confusion.png", "reliability.png", "recall.png")

CHECKPOINT_FOLDER = "checkpoints"
CHECKPOINT_NAME = re.compile(r"[0-9]{10}\.npz")  # the number of steps that the whole run has done
TENSORBOARD_FOLDER = "tensorboard"
TENSORBOARD_NAME = re.compile(r"events\.out\.tfevents\..+")
SELF_CHECK_FOLDER = "self_check"  # exists only while the self-check runs
