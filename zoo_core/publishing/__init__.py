"""Publish weights to a registry, verify them and reproduce them."""
