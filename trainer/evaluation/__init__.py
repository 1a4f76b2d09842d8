"""What a model is worth: metrics, calibration, plots and the report of a run."""
