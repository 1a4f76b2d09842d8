"""Where labels and frames lie: each kind of source is a module that gives videos and their annotations in one form."""
