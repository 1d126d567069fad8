"""Local files: their places, and hashes of their content."""
