"""A plugin for tests: softmax regression in NumPy on a few synthetic images, one head or two.

It shows that the core is independent of frameworks, and trains within ten milliseconds.
"""
