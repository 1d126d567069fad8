"""Registries of published weights: names, index, files, cache."""
