"""The image models of timm."""
