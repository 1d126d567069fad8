"""The index of what plugins offer, and the files of such caches."""
