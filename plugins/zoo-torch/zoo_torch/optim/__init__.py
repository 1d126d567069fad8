"""Optimizers, and the weights that they change at each step."""
