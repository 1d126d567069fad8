"""Augmentation on the device: changes of colors, erased rectangles and mixed pairs."""
