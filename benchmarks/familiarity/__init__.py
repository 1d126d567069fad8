"""Familiarity of zoo-mnist: shapes that are not digits, and the fit of its tests."""
