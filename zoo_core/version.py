"""The version of zoo-core."""

# Not in `zoo_core/__init__`, because every layer imports it and none may import the facade.
__version__ = "0.2.0"
