"""Models for two overlapping digits in one image, for zoo."""
