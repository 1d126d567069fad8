"""timm's image models for zoo."""
