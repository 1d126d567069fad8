"""Hyperparameter searches with Optuna: the command `zoo tune`."""
