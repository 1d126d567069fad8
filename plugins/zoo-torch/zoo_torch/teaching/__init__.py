"""Learning from a teacher: its outputs, and the distances from them."""
