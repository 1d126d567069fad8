"""torchvision's classification models, adapted to a data set's images and classes."""
