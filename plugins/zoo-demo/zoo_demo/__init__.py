"""A local page to draw on, with the predictions of every model: `zoo demo`."""
