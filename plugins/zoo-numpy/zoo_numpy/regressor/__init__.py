"""The first net of the reference study, and its data."""
