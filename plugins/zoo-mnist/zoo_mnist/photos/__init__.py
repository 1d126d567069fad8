"""Front end for photos and drawings of handwriting: `read` has the readers of the data sets."""
