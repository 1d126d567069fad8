"""Results of heads as values and as text."""
