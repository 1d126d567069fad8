"""Measurements of zoo: accuracies of its models, and speed."""
