"""Data sets of image files: folders, and data sets of Hugging Face."""
