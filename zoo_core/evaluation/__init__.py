"""Score weights on a data set and compare them."""
