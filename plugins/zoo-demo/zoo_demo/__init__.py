"""A local page to draw on, where every model answers: `zoo demo`."""
