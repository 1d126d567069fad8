"""Augmentation: the random numbers of each step, for the images and pairs of a batch."""
