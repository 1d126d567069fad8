"""Train a model: from its name to a run's folder."""
