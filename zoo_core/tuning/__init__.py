"""Search spaces, trials and studies of a hyperparameter search."""
