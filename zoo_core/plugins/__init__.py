"""Plugins: their specs, discovery, isolated loading, and the index of what they offer."""
