"""Pictures of a training or a search, and pages about models."""
