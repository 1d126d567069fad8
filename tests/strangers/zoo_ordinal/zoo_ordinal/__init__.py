"""A plugin of a stranger's: a task of its own, with its losses, models and data sets."""
