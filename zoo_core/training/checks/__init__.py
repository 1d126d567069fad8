"""Checks of a training before its first step."""
