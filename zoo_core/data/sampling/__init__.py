"""The order of the training examples in an epoch."""
