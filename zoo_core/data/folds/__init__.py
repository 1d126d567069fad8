"""Folds: equal parts of the training examples, each of which is tested once."""
