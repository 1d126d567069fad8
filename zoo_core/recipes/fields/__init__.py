"""Fields of a recipe, in groups."""
