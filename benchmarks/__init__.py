"""Measurements of zoo: what its models reach, and how long they take."""
