"""Train a model: from its name to a run's folder."""

# Here, because the command line shows the default in its help, and importing `checkpoint` would
# import NumPy and pydantic.
CHECKPOINT_SECONDS = 30.0
"""Seconds between two checkpoints by default: the most that a crash costs."""
