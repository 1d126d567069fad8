"""The overview of a data set: counts, duplicates, warnings and a sheet of examples."""
