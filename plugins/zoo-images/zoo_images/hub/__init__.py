"""Data sets of Hugging Face, from the Hub or a local folder."""
