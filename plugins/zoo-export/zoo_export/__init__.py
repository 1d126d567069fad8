"""Models as files for other programs: `zoo export`."""
