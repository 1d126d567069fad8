"""Tables of labels: CSV and JSON lines with the paths of images."""
