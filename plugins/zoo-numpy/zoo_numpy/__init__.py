"""A neural network written out by hand in NumPy, and its trainer."""
