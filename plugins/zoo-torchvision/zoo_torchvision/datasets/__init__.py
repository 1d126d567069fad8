"""torchvision's small data sets as arrays."""
