"""Worker processes: they load the models and answer batches of requests."""
