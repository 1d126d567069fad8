"""A convolutional network for zoo."""
