"""Adapters: one module per tracker, the only ones that import its package."""
