"""Fault injection, hundreds of faults at a time; see `tests.stress.__main__`."""
