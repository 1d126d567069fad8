"""The course of a training: its schedule and its end, its continuation, and its learning rate."""
