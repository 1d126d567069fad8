"""The public Python functions; see the docstring of `zoo_core` for an example."""
