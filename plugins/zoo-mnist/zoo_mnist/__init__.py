"""MNIST and two-digit MNIST for zoo, with the data in the package."""
