"""The machine: files, locks, memory, signals, network, environment variables."""
