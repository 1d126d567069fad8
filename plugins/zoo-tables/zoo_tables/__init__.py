"""Data sets of rows and columns: CSV and Parquet files, and small sets of the literature."""
