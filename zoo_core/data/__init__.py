"""Data sets as arrays: splits, normalization, augmentation, image files."""
