"""Pictures of searches: for a recipe, and for a learning rate."""
