"""The front process: HTTP, limits, batching and metrics, without NumPy and frameworks."""
