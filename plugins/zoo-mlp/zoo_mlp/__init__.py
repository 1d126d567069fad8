"""A multi-layer perceptron for zoo."""
