"""Decoding of image files to arrays."""
