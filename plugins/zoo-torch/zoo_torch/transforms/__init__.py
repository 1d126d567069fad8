"""Random transforms of images in training, from torchvision."""
