"""Pictures of each task's results."""
