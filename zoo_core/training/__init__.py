"""Train a model: from its name to a run's folder."""

CHECKPOINT_SECONDS = 30.0
"""Seconds between two checkpoints, unless told otherwise: what a crash may cost."""
