"""An inference server for published models: `zoo serve`."""
