"""Searches for recipes: `zoo tune`."""
