"""Pictures of a training: learning curves, confusion matrices, misread images."""
