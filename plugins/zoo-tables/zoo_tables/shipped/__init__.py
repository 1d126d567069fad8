"""Small data sets of the literature, in this package."""
