"""Recipes and model configs: the values that decide a training."""
