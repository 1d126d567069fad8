"""The contract of tasks, and what follows from it: scores and predictions, in NumPy alone."""
