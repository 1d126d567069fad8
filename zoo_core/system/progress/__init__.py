"""Progress on a terminal: one live line below the lines of a command."""
