"""Folders of runs: their states, read from their files, and the removal of what is not needed."""
