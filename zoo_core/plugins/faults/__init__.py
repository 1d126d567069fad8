"""Faults of plugins: the line of code that raised, and the failed imports of specs."""
