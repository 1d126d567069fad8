"""The convolutional network of zoo."""
