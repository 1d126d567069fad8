"""A neural network in plain NumPy, and its trainer, for zoo."""
