"""How good a model is: metrics, calibration, plots and the report of a run."""
