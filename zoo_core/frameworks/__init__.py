"""The contract between zoo and the adapter of a framework."""
