"""Faults that are made by the hundred; see `tests.stress.__main__`."""
