"""A plugin for tests: softmax regression in NumPy on a few synthetic images, one head or two.

It shows that the core needs no particular framework, and trains in a hundredth of a second.
"""
