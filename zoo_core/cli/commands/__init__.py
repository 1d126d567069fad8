"""The commands of zoo, one module each, imported when the command is called."""
