"""Measurements on a GPU: the tests that need one, and the time to an accuracy."""
