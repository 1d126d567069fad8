"""A network that separates two overlapping digits, for zoo."""
