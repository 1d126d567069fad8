"""Hyperparameter searches: search spaces, trials and studies."""
