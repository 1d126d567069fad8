"""Series of trainings that share a folder."""
