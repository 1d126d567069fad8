"""Names: their families, patterns of names, and suggestions for unknown ones."""
