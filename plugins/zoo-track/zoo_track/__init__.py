"""Trainings reported to TensorBoard, MLflow, Weights & Biases and Trackio: `zoo train --track`."""
