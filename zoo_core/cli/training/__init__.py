"""Output of a training: lines, and a live line on a terminal."""
