"""Familiarity of zoo-mnist: shapes that are no digits, and the fit of its tests."""
