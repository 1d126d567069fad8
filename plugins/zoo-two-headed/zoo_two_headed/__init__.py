"""Models of zoo that read two overlapping digits."""
