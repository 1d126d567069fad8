"""The computing side of the front process: queues, and the pool of worker processes."""
