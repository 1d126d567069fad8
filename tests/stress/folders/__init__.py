"""Fault injection into folders of images: they change between any two commands."""
