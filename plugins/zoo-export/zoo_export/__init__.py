"""Export of models to files for other programs: `zoo export`."""
