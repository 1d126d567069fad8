"""The PyTorch trainer of zoo."""
