"""Data sets of image files: folders, and data sets from the Hugging Face Hub."""
