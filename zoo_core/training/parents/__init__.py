"""The weights of other trainings that a training starts or learns from."""
