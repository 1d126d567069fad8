"""Folders of images: layout, classes, and files."""
