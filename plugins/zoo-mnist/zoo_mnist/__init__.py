"""MNIST and two-digit MNIST for zoo; the data are in the package."""
