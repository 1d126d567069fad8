"""The multi-layer perceptron of zoo."""
