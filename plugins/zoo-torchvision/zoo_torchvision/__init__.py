"""torchvision's data sets and models for zoo."""
