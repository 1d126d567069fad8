"""The version of zoo-core, in a module of its own because every layer may import it."""

__version__ = "0.1.0"
