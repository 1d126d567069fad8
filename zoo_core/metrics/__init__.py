"""Scores and predictions from logits, in NumPy alone."""
