"""Where labels and frames lie: each kind of source is a module that lists videos and reads labels into one form."""
