"""The published weights of zoo."""
