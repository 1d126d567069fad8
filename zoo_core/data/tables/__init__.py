"""Rows of tables, as inputs of models of features."""
